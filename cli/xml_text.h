// Text of others in XML 1.0.
#pragma once

#include <string>
#include <string_view>

namespace stateward {

// As an attribute's value or an element's content: what is markup, or would be changed by a reader,
// is written as a reference, and so is every ">", so that no "]]>" comes about. What XML 1.0 cannot
// hold (most control characters, U+FFFE, what is no UTF-8) becomes U+FFFD.
std::string xml_text(std::string_view text);

}  // namespace stateward
