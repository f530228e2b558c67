// How a command reaches the cluster, and as whom: the options that say so, as a source of
// credentials. Nothing is connected to here.
#pragma once

#include <memory>
#include <string>

#include "cluster/api_client.h"

namespace stateward {

struct ConnectOptions {
  bool in_cluster = false;  // as the service account of the Pod that we run in
  std::string kubeconfig;   // empty: what kubectl would read
  std::string context;      // empty: the current one
};

// Where nothing is asked for and there is no kubeconfig either, the Pod's service account, if one
// is mounted.
Result<std::shared_ptr<CredentialSource>> connect(const ConnectOptions& options);

// "https://10.0.0.1:6443", for messages.
std::string server_of(const Access& access);

// Why the API server could not be asked, and what to do about it.
std::string explained(const ApiError& error);

}  // namespace stateward
