// How many threads can really run at once.
#pragma once

#include <cstddef>

namespace stateward {

// The cores that this process may run on, not those of the machine; at least one.
std::size_t cores();

}  // namespace stateward
