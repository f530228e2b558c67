// How many files and sockets this process may have open at once.
#pragma once

#include <cstddef>

#include "engine/result.h"

namespace stateward {

// Raises the soft limit to `wanted` where it is lower, as far as the hard limit lets it; an error
// where that is not far enough.
Result<void> allow_open_files(std::size_t wanted);

}  // namespace stateward
