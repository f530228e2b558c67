#include "cli/line_hash.h"

#include <fmt/format.h>

#include <cstdint>
#include <unordered_map>

#include "cli/code_point.h"

namespace stateward {
namespace {

constexpr std::size_t kWindow = 100;  // UTF-16 code units that a line's hash looks at
constexpr std::uint64_t kFactor = 37;
constexpr char16_t kEnd = 0xFFFF;  // stands behind the text, and zeros behind that

struct Units {
  std::u16string text;              // without blanks, every line ended by a line feed alone
  std::vector<std::size_t> starts;  // of lines
};

void append(std::u16string& out, char32_t c) {
  if (c < 0x10000) {
    out += static_cast<char16_t>(c);
    return;
  }
  out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10U));
  out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FFU));
}

Units units_of(std::string_view text) {
  Units units;
  bool line_starts = true;
  bool after_return = false;
  const auto add = [&](char32_t c) {
    if (line_starts) units.starts.push_back(units.text.size());
    append(units.text, c);
    line_starts = c == '\n';
  };
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    text.remove_prefix(point.bytes);
    const char32_t c = point.valid ? point.value : 0xFFFD;
    const bool belongs_to_return = c == '\n' && after_return;
    after_return = c == '\r';
    if (c != ' ' && c != '\t' && !belongs_to_return) add(c == '\r' ? U'\n' : c);
  }
  add(kEnd);
  return units;
}

// The polynomial of all units up to one that only moves on. That of a window is the difference of
// two: at its end, less the one at its start times kFactor to the window's length.
class Polynomial {
 public:
  explicit Polynomial(const std::u16string& text) : text_(text) {}

  std::uint64_t up_to(std::size_t end) {
    for (; at_ < end; ++at_) value_ = value_ * kFactor + (at_ < text_.size() ? text_[at_] : 0U);
    return value_;
  }

 private:
  const std::u16string& text_;
  std::size_t at_ = 0;
  std::uint64_t value_ = 0;
};

}  // namespace

std::vector<std::string> line_hashes(std::string_view text) {
  const Units units = units_of(text);
  std::vector<std::string> hashes;
  hashes.reserve(units.starts.size());
  std::unordered_map<std::uint64_t, std::size_t> seen;
  std::uint64_t power = 1;
  for (std::size_t i = 0; i < kWindow; ++i) power *= kFactor;
  Polynomial first(units.text);
  Polynomial last(units.text);
  for (const std::size_t start : units.starts) {
    const std::uint64_t hash = last.up_to(start + kWindow) - first.up_to(start) * power;
    hashes.push_back(fmt::format("{:x}:{}", hash, ++seen[hash]));
  }
  return hashes;
}

}  // namespace stateward
