// "Did you mean ...?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stateward {

// The one of `known` with the fewest letters added, dropped or changed; empty where there is none.
std::string_view nearest(std::string_view text, std::span<const std::string_view> known);
// "; did you mean replicas?", or nothing where more than half of the letters are other ones.
std::string did_you_mean(std::string_view text, std::span<const std::string_view> known);

}  // namespace stateward
