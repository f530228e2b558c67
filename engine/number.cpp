#include "engine/number.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <system_error>

namespace stateward {
namespace {

// What of `text` follows the grammar; empty where it does not begin with a number.
std::string_view number_in(std::string_view text) {
  std::size_t at = 0;
  const auto take = [&](std::string_view one_of) {
    const bool is = at < text.size() && one_of.find(text[at]) != std::string_view::npos;
    at += is ? 1 : 0;
    return is;
  };
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at > first;
  };
  take("-");
  if (!take("0") && !digits()) return {};
  if (take(".") && !digits()) return {};
  if (take("eE")) {
    take("+-");
    if (!digits()) return {};
  }
  return text.substr(0, at);
}

}  // namespace

bool ends_json_word(char c) {
  return std::string_view(",]} \t\r\n").find(c) != std::string_view::npos;
}

bool read_json_number(std::string_view text, Value& into) {
  const std::string_view number = number_in(text);
  if (number.empty()) return false;
  if (number.size() < text.size() && !ends_json_word(text[number.size()])) return false;
  const char* const last = number.data() + number.size();
  std::int64_t integer = 0;
  const auto [end, error] = std::from_chars(number.data(), last, integer);
  if (end == last && error == std::errc()) {
    into.type = Type::integer;
    into.integer = integer;
    return true;
  }
  const auto real = read_real(number);
  into.type = Type::real;
  into.real = real.value_or(0);
  return real.has_value();
}

std::optional<double> read_real(std::string_view decimal) {
  const char* const last = decimal.data() + decimal.size();
  double value = 0;
  const auto [end, error] = std::from_chars(decimal.data(), last, value);
  if (end != last || error == std::errc::invalid_argument) return std::nullopt;
  // Out of range it does not say at which end.
  if (error == std::errc::result_out_of_range)
    value = std::strtod(std::string(decimal).c_str(), nullptr);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace stateward
