// UTF-8, one code point at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace stateward {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

// The code point that `text`, which is not empty, begins with (RFC 3629: no overlong forms, no
// surrogates). A byte that begins none stands for itself, invalid.
CodePoint first_code_point(std::string_view text);

}  // namespace stateward
