// The basic types of the fields that stateward reads: text where the API wants a number is refused
// by the API server before any webhook sees it, so offline it is a diagnostic, and policies may
// trust what is left.
#pragma once

#include <string>
#include <vector>

#include "engine/object.h"
#include "engine/path.h"

namespace stateward {

struct Misshape {
  Path path;
  std::string message;  // "expected a whole number, found text"
};

// Every field of `object` whose type the API server's decoder would refuse; where there is none,
// what the object has too much of to be judged.
std::vector<Misshape> misshapes(const Object& object);

}  // namespace stateward
