// "Did you mean ...?"
#pragma once

#include <span>
#include <string_view>

namespace stateward {

// The one of `known` with the fewest letters added, dropped or changed; empty where there is none.
std::string_view nearest(std::string_view text, std::span<const std::string_view> known);

}  // namespace stateward
