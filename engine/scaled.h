// IntOrString: a number, or a share of a total ("25%").
#pragma once

#include <cstdint>
#include <optional>

#include "engine/document.h"

namespace stateward {

enum class Round : std::uint8_t { down, up };

// What `node` comes to of `total`; nullopt where it is absent or neither of the two. The
// controllers of disruption budgets round shares up, also of minAvailable; surges go up as well,
// and the StatefulSet controller rounds down (GetScaledValueFromIntOrPercent in
// k8s.io/apimachinery).
std::optional<std::int64_t> scaled(Node node, std::int64_t total, Round round);

}  // namespace stateward
