#include "engine/kubernetes_version.h"

#include <fmt/format.h>

#include <charconv>

namespace stateward {
namespace {

// Takes a number that fits from the front of `text`.
template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

bool read(std::string_view text, KubernetesVersion& version) {
  take(text, 'v');
  if (!take_number(text, version.major) || !take(text, '.') || !take_number(text, version.minor))
    return false;
  if (take(text, '.') && !take_number(text, version.patch)) return false;
  return text.empty() || text.front() == '-' || text.front() == '+';
}

}  // namespace

Result<KubernetesVersion> parse_kubernetes_version(std::string_view text) {
  KubernetesVersion version;
  if (!read(text, version) || version.major != 1)
    return fail(fmt::format("\"{}\" is no version of Kubernetes such as 1.34", text));
  return version;
}

}  // namespace stateward
