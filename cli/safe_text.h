// Text of others on our output: whatever a manifest or a file's name holds, the terminal sees
// printable characters and valid UTF-8, as many code points as there were.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stateward {

// Control characters become blanks; so do, as they would turn a line around, bidirectional marks.
// What is no UTF-8 becomes U+FFFD.
std::string safe_text(std::string_view text);

// A source line from code point `from` on, `count` of them at most; tabs stay.
std::string safe_source(std::string_view line, std::size_t from, std::size_t count);

std::size_t count_code_points(std::string_view text);

}  // namespace stateward
