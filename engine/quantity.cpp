#include "engine/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace stateward {
namespace {

struct Suffix {
  std::string_view text;
  double factor = 1;
};

constexpr std::array kSuffixes = {
    Suffix{"", 1},        Suffix{"Ki", 0x1p10}, Suffix{"Mi", 0x1p20}, Suffix{"Gi", 0x1p30},
    Suffix{"Ti", 0x1p40}, Suffix{"Pi", 0x1p50}, Suffix{"Ei", 0x1p60}, Suffix{"n", 1e-9},
    Suffix{"u", 1e-6},    Suffix{"m", 1e-3},    Suffix{"k", 1e3},     Suffix{"M", 1e6},
    Suffix{"G", 1e9},     Suffix{"T", 1e12},    Suffix{"P", 1e15},    Suffix{"E", 1e18},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where the digits and the one point of `text` end; 0 where there is no digit among them. (Some
// of those the API server reads as nothing, others it refuses: "Ki" is 0 to it, "Ei" an error.)
std::size_t mantissa_length(std::string_view text) {
  std::size_t at = 0;
  bool digit = false;
  bool point = false;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
    digit |= is_digit(text[at]);
    point |= text[at] == '.';
  }
  return digit ? at : 0;
}

// The factor of "e3", "e+3" or "E-3".
std::optional<double> exponent_factor(std::string_view suffix) {
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  const bool plus = suffix[1] == '+';
  suffix.remove_prefix(plus ? 2 : 1);
  if (plus && suffix.starts_with('-')) return std::nullopt;
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc() || end != suffix.data() + suffix.size()) return std::nullopt;
  return std::pow(10.0, exponent);
}

std::optional<double> factor_of(std::string_view suffix) {
  for (const Suffix& known : kSuffixes) {
    if (known.text == suffix) return known.factor;
  }
  return exponent_factor(suffix);
}

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t length = mantissa_length(text);
  const std::string_view suffix = text.substr(length);
  const auto factor = factor_of(suffix);
  if (length == 0 || !factor) return std::nullopt;
  std::string mantissa(text.substr(0, length));
  if (mantissa.front() == '.') mantissa.insert(0, 1, '0');
  double value = 0;
  std::from_chars(mantissa.data(), mantissa.data() + mantissa.size(), value);
  if (value != 0) value *= negative ? -*factor : *factor;  // never 0 times infinity
  return Quantity{.value = value, .suffix = suffix};
}

std::optional<Quantity> quantity(Node node) {
  if (node.is_text()) return parse_quantity(node.text());
  if (node.is_integer()) return Quantity{.value = static_cast<double>(node.integer(0))};
  if (node.type() == Type::real) return Quantity{.value = node.real()};
  return std::nullopt;
}

}  // namespace stateward
