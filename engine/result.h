// How the engine says that something could not be done: an Error is a value, never an exception.
// Messages are lower case without a final period and name the thing; callers add context on the way
// up.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace stateward {

struct [[nodiscard]] Error {
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace stateward
