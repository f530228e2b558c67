#include "cli/safe_text.h"

#include "cli/code_point.h"

namespace stateward {
namespace {

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
    const CodePoint point = first_code_point(text);
    append(out, text, point);
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string safe_source(std::string_view line, std::size_t from, std::size_t count) {
  std::string out;
  for (std::size_t at = 0; !line.empty() && at < from + count; ++at) {
    const CodePoint point = first_code_point(line);
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
  for (; !text.empty(); ++count) text.remove_prefix(first_code_point(text).bytes);
  return count;
}

}  // namespace stateward
