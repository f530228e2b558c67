// `stateward validate`: reads manifests set by set, judges them, reports, and answers with the exit
// code.
#pragma once

#include <string>
#include <vector>

#include "cli/inputs.h"
#include "cli/judging.h"
#include "cli/settings_file.h"

namespace stateward {

struct ValidateOptions {
  std::vector<std::string> paths;  // empty: standard input
  Scope scope = Scope::folder;
  bool complete = false;               // these files are everything
  std::string name_space = "default";  // of objects that name none
  std::string charts_in;               // where the charts stand that were rendered
  std::string old_path;                // the state before; empty: none
  SettingsOptions settings;
  ReportOptions report;
};

// 0: nothing at or above fail_on; 1: such findings, or documents that the API server would not
// read; 2: wrong usage.
int run(const ValidateOptions& options);

}  // namespace stateward
