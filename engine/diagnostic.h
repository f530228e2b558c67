// Trouble with what was given to us, as opposed to a Finding (a policy's statement) and an Error
// (our own failure).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/document.h"

namespace stateward {

struct Diagnostic {
  // error: the API server would not read it either (the run fails); note: said once, fails nothing.
  enum class Severity : std::uint8_t { error, note };

  Severity severity = Severity::error;
  std::string file;  // as the user named it; empty inside the engine
  Span span;
  std::string message;
};

// "file:line:column: message" of each, a line each.
std::string lines_of(const std::vector<Diagnostic>& problems);

}  // namespace stateward
