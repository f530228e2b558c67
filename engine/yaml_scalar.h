// The type of a plain YAML scalar as go-yaml v2 resolves it (YAML 1.1 with Go's numbers), which is
// what kubectl sends.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/document.h"

namespace stateward {

struct Scalar {
  Type type = Type::string;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  bool finite = true;  // .inf and .nan cannot be written as JSON
};

// `text` without quotes in the source. A number that is whole is an integer, however it was written
// ("1e3", "08", "3.0"), for that is what becomes of it in JSON. Timestamps are strings.
Scalar resolve_scalar(std::string_view text);

}  // namespace stateward
