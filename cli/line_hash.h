// The hash by which GitHub's code scanning knows a line again (`primaryLocationLineHash`): of the
// text from the line on, without blanks, wherever the line has moved to. Its upload action makes
// the same where a report has none, and warns of each that differs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateward {

// For each line of `text` "HASH:NUMBER", where the number tells lines of one hash apart.
std::vector<std::string> line_hashes(std::string_view text);

}  // namespace stateward
