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

std::uint64_t hash_from(const std::u16string& text, std::size_t start) {
  std::uint64_t hash = 0;
  for (std::size_t at = start; at < start + kWindow; ++at)
    hash = hash * kFactor + (at < text.size() ? text[at] : 0U);
  return hash;
}

}  // namespace

std::vector<std::string> line_hashes(std::string_view text) {
  const Units units = units_of(text);
  std::vector<std::string> hashes;
  std::unordered_map<std::uint64_t, std::size_t> seen;
  for (const std::size_t start : units.starts) {
    const std::uint64_t hash = hash_from(units.text, start);
    hashes.push_back(fmt::format("{:x}:{}", hash, ++seen[hash]));
  }
  return hashes;
}

}  // namespace stateward
