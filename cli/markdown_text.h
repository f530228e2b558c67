// Text of others in Markdown, as GitHub and GitLab read it.
#pragma once

#include <string>
#include <string_view>

namespace stateward {

// One line of prose: nothing in it is markup, mentions somebody or refers to something.
std::string markdown_text(std::string_view text);

// One line between backticks, however many of them it holds.
std::string markdown_code(std::string_view text);

// Lines of code in a fence that is longer than any in them.
std::string markdown_block(std::string_view text, std::string_view language);

}  // namespace stateward
