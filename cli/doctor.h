// `stateward doctor`: looks an installation over, and says of each part whether it works and what
// to do where it does not. Changes nothing.
#pragma once

#include <cstdint>
#include <string>

#include "cli/connect.h"
#include "cli/judging.h"

namespace stateward {

// As JSON: {"schema": "stateward.dev/doctor/v1", "checks": [{"subject", "health": "ok" | "warn" |
// "fail", "message", "remedy"}]}.
struct DoctorOptions {
  enum class Format : std::uint8_t { text, json };

  ConnectOptions cluster;
  std::string name_space = "stateward-system";  // of the installation
  std::string try_in = "default";               // where a set is created, as a dry run
  Format format = Format::text;
};

// 0: nothing failed; 1: something did; 2: wrong usage, or the cluster does not answer.
int run(const DoctorOptions& options);

}  // namespace stateward
