// How much memory serving takes at most: the budgets of a front, times what their bytes and
// connections were measured to cost. test/bench/memory.py measures it again.
#pragma once

#include <cstddef>

#include "webhook/front.h"

namespace stateward {

// Of one at its worst moment: most of a hello has come. With what the kernel keeps.
inline constexpr std::size_t kTlsConnection = std::size_t{66} << 10;
inline constexpr std::size_t kPlainConnection = std::size_t{14} << 10;
// Of a body while it is judged, for each byte: its document, the reader's own, and what is found.
inline constexpr std::size_t kJudged = 13;
// The same of one that is small: a document of numbers is many times its text.
inline constexpr std::size_t kSmallJudged = 24;

// Bytes.
std::size_t footprint(const FrontOptions& options, bool tls);

}  // namespace stateward
