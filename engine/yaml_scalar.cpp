#include "engine/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "engine/number.h"

namespace stateward {
namespace {

constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                    "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                     "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kNotFinite = {".nan",  ".NaN",  ".NAN",  ".inf",
                                                         ".Inf",  ".INF",  "+.inf", "+.Inf",
                                                         "+.INF", "-.inf", "-.Inf", "-.INF"};

template <typename Names>
bool contains(const Names& names, std::string_view text) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

// strconv.ParseInt(text, 0, 64): a sign, then decimal, 0x, 0b, 0o or a leading 0 for octal.
std::optional<std::int64_t> parse_go_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char marker = static_cast<char>(text[1] | 0x20);
    base = marker == 'x' ? 16 : marker == 'b' ? 2 : 8;
    text.remove_prefix(marker == 'x' || marker == 'b' || marker == 'o' ? 2 : 1);
  }
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const std::uint64_t limit = std::uint64_t{1} << 63;
  if (magnitude > (negative ? limit : limit - 1)) return std::nullopt;
  return negative ? static_cast<std::int64_t>(0 - magnitude) : static_cast<std::int64_t>(magnitude);
}

// go-yaml's pattern for floats: [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  const bool whole = digits() > 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && !whole) return false;
  } else if (!whole) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

Scalar number(double value) {
  constexpr double kBelow2To63 = 9223372036854774784.0;
  // Go writes such a float without a point, so it arrives as a whole number.
  if (std::trunc(value) == value && std::abs(value) <= kBelow2To63) {
    return {.type = Type::integer, .integer = static_cast<std::int64_t>(value)};
  }
  return {.type = Type::real, .real = value};
}

std::optional<Scalar> resolve_number(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  if (const auto integer = parse_go_integer(plain))
    return Scalar{.type = Type::integer, .integer = *integer};
  if (!looks_like_float(plain)) return std::nullopt;
  if (plain[0] == '+') plain.erase(0, 1);
  const auto value = read_real(plain);
  return value ? std::optional(number(*value)) : std::nullopt;
}

}  // namespace

Scalar resolve_scalar(std::string_view text) {
  if (text.empty()) return {.type = Type::null};
  const char first = text.front();
  if ((first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.') {
    if (contains(kNotFinite, text)) {
      return {.type = Type::real, .real = std::numeric_limits<double>::infinity(), .finite = false};
    }
    return resolve_number(text).value_or(Scalar{});
  }
  // No word below is longer, and each begins with one of these.
  if (text.size() > 5 || std::string_view("~nNyYtToOfF").find(first) == std::string_view::npos)
    return {};
  if (contains(kNull, text)) return {.type = Type::null};
  if (contains(kTrue, text)) return {.type = Type::boolean, .boolean = true};
  if (contains(kFalse, text)) return {.type = Type::boolean, .boolean = false};
  return {};
}

}  // namespace stateward
