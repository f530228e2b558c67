// A hash of text that nobody can foresee. Who writes objects chooses their keys; with a hash that
// is known, thousands could be made that fall together, and each look-up among them would take as
// long as there are many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stateward {

// A polynomial over the text's words, modulo the prime 2^61 - 1, at a point that is drawn when the
// process starts (Carter and Wegman, Universal Classes of Hash Functions, 1979): two texts of n
// bytes have one hash for fewer than n of the 2^61 points.
struct TextHash {
  std::size_t operator()(std::string_view text) const noexcept;
};

}  // namespace stateward
