// `stateward control`: the controller, until it is told to stop.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/authority.h"
#include "cli/connect.h"
#include "webhook/log.h"

namespace stateward {

struct ControlOptions {
  ConnectOptions cluster;
  std::string name_space = "stateward-system";  // of the installation; in a Pod its own
  std::vector<std::string> namespaces;          // to look after; empty: all
  std::string health_listen = "127.0.0.1:8082";
  bool no_certificates = false;     // somebody else keeps the certificates and caBundles
  std::string settings_file;        // empty: what the ConfigMap stateward-settings holds
  bool disruption_budgets = false;  // make budgets for sets that none covers
  LogOptions log;
  // How long a rotation of the authority waits: for tests, and for emergencies.
  std::chrono::seconds serving_life = kServingLife;
  std::chrono::seconds settle = std::chrono::minutes{5};
};

// SIGTERM and SIGINT end it. To be called where no other thread runs yet. 0: stopped as told; 2:
// could not start.
int run(const ControlOptions& options);

}  // namespace stateward
