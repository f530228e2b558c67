#include "engine/timestamp.h"

#include <algorithm>

#include "engine/request.h"

namespace stateward {
namespace {

std::optional<int> two_digits(std::string_view text, int limit) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  const int number = (text[0] - '0') * 10 + (text[1] - '0');
  return number < limit ? std::optional(number) : std::nullopt;
}

// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March, so that the
// leap day is the last of its year.
std::int64_t days_to(Date date) {
  const std::int64_t year = date.month > 2 ? date.year : date.year - 1;
  const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t leap_days = year / 4 - year / 100 + year / 400;
  constexpr std::int64_t kEpoch = 719468;  // 1970-01-01, so counted
  return year * 365 + leap_days + (153 * month + 2) / 5 + date.day - 1 - kEpoch;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z') {
    return std::nullopt;
  }
  const auto date = parse_date(text.substr(0, 10));
  const auto hours = two_digits(text.substr(11, 2), 24);
  const auto minutes = two_digits(text.substr(14, 2), 60);
  const auto seconds = two_digits(text.substr(17, 2), 60);
  if (!date || !hours || !minutes || !seconds) return std::nullopt;
  return ((days_to(*date) * 24 + *hours) * 60 + *minutes) * 60 + *seconds;
}

std::optional<std::int64_t> created_at(const Object& object) {
  return parse_timestamp(object.metadata()["creationTimestamp"].text());
}

}  // namespace stateward
