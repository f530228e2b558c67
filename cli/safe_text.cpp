#include "cli/safe_text.h"

namespace stateward {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

// The code point that `text`, which is not empty, begins with (RFC 3629: no overlong forms, no
// surrogates). A byte that begins none stands for itself, invalid.
CodePoint first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  if (byte(0) < 0x80) return {byte(0), 1, true};
  const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < length) return {};
  char32_t value = byte(0) & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = value << 6U | (byte(i) & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
    return {};
  return {value, length, true};
}

bool is_dangerous(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) ||        // C0, DELETE, C1
         c == 0x061C || c == 0x200E || c == 0x200F ||  // marks of direction
         (c >= 0x2028 && c <= 0x202E) ||               // separators, embeddings, overrides
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;  // isolates, byte order mark
}

void append(std::string& out, std::string_view text, const CodePoint& point) {
  if (!point.valid) {
    out += "\xEF\xBF\xBD";
  } else if (is_dangerous(point.value)) {
    out += ' ';
  } else {
    out += text.substr(0, point.bytes);
  }
}

}  // namespace

std::string safe_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_of(text);
    append(out, text, point);
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string safe_source(std::string_view line, std::size_t from, std::size_t count) {
  std::string out;
  for (std::size_t at = 0; !line.empty() && at < from + count; ++at) {
    const CodePoint point = first_of(line);
    if (at >= from && point.value == '\t') {
      out += '\t';
    } else if (at >= from) {
      append(out, line, point);
    }
    line.remove_prefix(point.bytes);
  }
  return out;
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_of(text).bytes);
  return count;
}

}  // namespace stateward
