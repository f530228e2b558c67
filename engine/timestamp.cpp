#include "engine/timestamp.h"

#include <fmt/format.h>

#include "engine/request.h"

namespace stateward {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March.
std::int64_t days_since_epoch(const Date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

Date date_of_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = days / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  const auto year = year_of_era + era * 400 + (month >= 10 ? 1 : 0);
  return {static_cast<int>(year), static_cast<int>(month < 10 ? month + 3 : month - 9),
          static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Two digits at `at`, at most `largest`.
std::optional<int> two_digits(std::string_view text, std::size_t at, int largest) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return std::nullopt;
  const int number = (text[at] - '0') * 10 + (text[at + 1] - '0');
  return number <= largest ? std::optional(number) : std::nullopt;
}

// "Z", "+01:00": seconds east of UTC.
std::optional<std::int64_t> offset_of(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto hours = two_digits(zone, 1, 23);
  const auto minutes = two_digits(zone, 4, 59);
  if (!hours || !minutes) return std::nullopt;
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return zone[0] == '+' ? seconds : -seconds;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  constexpr std::size_t kWithoutZone = 19;  // 2026-11-21T07:11:03
  if (text.size() <= kWithoutZone || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  const auto date = parse_date(text.substr(0, 10));
  const auto hour = two_digits(text, 11, 23);
  const auto minute = two_digits(text, 14, 59);
  const auto second = two_digits(text, 17, 60);  // 60: a leap second
  std::size_t zone = kWithoutZone;
  if (text[zone] == '.') {
    do ++zone;
    while (zone < text.size() && is_digit(text[zone]));
    if (zone == kWithoutZone + 1) return std::nullopt;
  }
  const auto offset = offset_of(text.substr(zone));
  if (!date || !hour || !minute || !second || !offset) return std::nullopt;
  return days_since_epoch(*date) * kSecondsPerDay + *hour * 3600 + *minute * 60 + *second - *offset;
}

std::optional<std::int64_t> created_at(const Object& object) {
  return parse_timestamp(object.metadata()["creationTimestamp"].text());
}

std::string to_timestamp(std::int64_t seconds) {
  const Date date = date_of_days(seconds / kSecondsPerDay);
  const std::int64_t rest = seconds % kSecondsPerDay;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", date.year, date.month, date.day,
                     rest / 3600, rest / 60 % 60, rest % 60);
}

std::string to_micro_timestamp(std::int64_t seconds) {
  std::string text = to_timestamp(seconds);
  text.replace(text.size() - 1, 1, ".000000Z");
  return text;
}

}  // namespace stateward
