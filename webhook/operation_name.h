// What the API server calls an operation.
#pragma once

#include <array>
#include <string_view>

#include "engine/request.h"

namespace stateward {

// By Operation.
inline constexpr std::array<std::string_view, 4> kOperationNames = {"CREATE", "UPDATE", "DELETE",
                                                                    "CONNECT"};
constexpr std::string_view name_of(Operation operation) {
  return kOperationNames[static_cast<std::size_t>(operation)];
}

}  // namespace stateward
