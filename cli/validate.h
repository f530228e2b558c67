// `stateward validate`: reads manifests set by set, judges them, reports, and answers with the exit
// code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "engine/policy.h"

namespace stateward {

struct ValidateOptions {
  enum class Format : std::uint8_t { text, json };
  enum class Color : std::uint8_t { automatic, always, never };

  std::vector<std::string> paths;  // empty: standard input
  Scope scope = Scope::folder;
  Format format = Format::text;
  Color color = Color::automatic;
  bool complete = false;                                // these files are everything
  EnforcementAction fail_on = EnforcementAction::deny;  // off: never
  Severity min_severity = Severity::medium;             // of findings that are shown
  std::vector<std::string> policies;                    // empty: all
  std::string name_space = "default";                   // of objects that name none
  std::string old_path;                                 // the state before; empty: none
};

// 0: nothing at or above fail_on; 1: such findings, or documents that the API server would not
// read; 2: wrong usage.
int run(const ValidateOptions& options);

}  // namespace stateward
