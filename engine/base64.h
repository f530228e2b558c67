// RFC 4648 section 4: base64 with padding, as JSON carries bytes in the Kubernetes API.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stateward {

std::string base64(std::string_view bytes);

// The bytes; line breaks are passed over. nullopt where the text is malformed.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace stateward
