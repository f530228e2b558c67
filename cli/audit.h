// `stateward audit`: judges what lives in a cluster, namespace by namespace, and reports it as
// `validate` reports files. Reads only.
#pragma once

#include <string>
#include <vector>

#include "cli/connect.h"
#include "cli/judging.h"
#include "cli/settings_file.h"

namespace stateward {

struct AuditOptions {
  ConnectOptions cluster;
  std::vector<std::string> namespaces;  // empty: all but those of the system
  bool all_namespaces = false;          // those of the system too
  // Without a file: what the ConfigMap of the installation in `installed_in` holds.
  SettingsOptions settings;
  std::string installed_in = "stateward-system";
  ReportOptions report;
};

// 0: nothing at or above fail_on; 1: such findings; 2: wrong usage, or the cluster cannot be read.
int run(const AuditOptions& options);

}  // namespace stateward
