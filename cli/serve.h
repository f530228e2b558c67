// `stateward serve`: the admission webhook, until it is told to stop.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/authority.h"
#include "cli/connect.h"
#include "webhook/log.h"

namespace stateward {

// Loops that answer reviews; more would take memory and answer nobody sooner.
inline constexpr std::size_t kMostLoops = 4;

struct ServeOptions {
  std::string listen = "127.0.0.1:9443";
  std::string health_listen = "127.0.0.1:8081";  // empty: none
  std::string tls_cert;
  std::string tls_key;
  std::string
      client_ca;  // authorities of clients, who must then show a certificate; empty: anybody
  std::string client_name;  // whom that certificate must be of; empty: anybody whom they signed for
  bool local = false;       // an authority made in memory instead of the two files
  std::string
      local_folder;  // --local writes its files there; empty: into a fresh one, removed in the end
  // A cluster: its objects are watched and, without the two files, the certificate is minted from
  // the authority of the installation in `name_space` (in a Pod: its own namespace).
  ConnectOptions cluster;
  std::string name_space = "stateward-system";
  std::vector<std::string> namespaces;               // to watch; empty: all
  std::chrono::seconds serving_life = kServingLife;  // of a minted certificate
  // Settings; empty: with a cluster, what its ConfigMap stateward-settings holds.
  std::string settings_file;
  LogOptions log;
  // How long SIGTERM leaves others time to stop sending before connections are refused; --local and
  // SIGINT do not wait.
  std::chrono::seconds drain{15};
  // How often the files are read again. A Secret volume takes up to a minute by itself.
  std::chrono::seconds reread{10};
};

// SIGTERM and SIGINT end it; a second one ends it at once. To be called where no other thread runs
// yet, for the signals are blocked before threads are made. 0: stopped as told; 1: gave up while
// serving; 2: could not start.
int run(const ServeOptions& options);

}  // namespace stateward
