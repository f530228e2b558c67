#include "engine/names.h"

#include <algorithm>

namespace stateward {
namespace {

constexpr std::size_t kLabelLength = 63;
constexpr std::size_t kSubdomainLength = 253;
constexpr std::size_t kPortNameLength = 15;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// [a-z0-9]([-a-z0-9]*[a-z0-9])? of any length.
bool is_label_text(std::string_view text) {
  const auto allowed = [](char c) { return c == '-' || is_lower_or_digit(c); };
  return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

bool is_dns_label(std::string_view text) {
  return text.size() <= kLabelLength && is_label_text(text);
}

bool is_dns_subdomain(std::string_view text) {
  if (text.size() > kSubdomainLength) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label_text(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_port_name(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return text.size() <= kPortNameLength && is_label_text(text) &&
         text.find("--") == std::string_view::npos &&
         std::any_of(text.begin(), text.end(), is_letter);
}

bool is_label_value(std::string_view text) {
  const auto is_alphanumeric = [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
  };
  const auto allowed = [&](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
  };
  if (text.empty()) return true;
  return text.size() <= kLabelLength && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace stateward
