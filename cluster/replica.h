// What a replica of the webhook has from its cluster: the inventory that admission looks into, the
// release that the API server is and, where it does not come from files, its serving certificate.
// It only reads. Runs in threads of its own until it is destroyed.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certs/authority.h"
#include "certs/identity.h"
#include "cluster/inventory.h"
#include "cluster/reflector.h"
#include "engine/kubernetes_version.h"

namespace stateward {

struct ReplicaOptions {
  std::string name_space;               // of the installation
  std::vector<std::string> namespaces;  // to watch; empty: all
  bool certificate = true;              // mint our own from the installation's authority
  std::chrono::seconds serving_life = kServingLife;  // of each; no longer than the controller's
};

class Replica {
 public:
  // `use` gets every certificate to serve from now on, `say` a line for what happens; neither may
  // block.
  Replica(std::shared_ptr<CredentialSource> source, ReplicaOptions options, Clock now,
          std::function<void(const Identity&)> use, std::function<void(std::string_view)> say);
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;
  ~Replica();

  const Inventory& inventory() const { return inventory_; }
  // The API server's release; the latest while it has not said.
  KubernetesVersion kubernetes() const { return kubernetes_; }
  // Whether every configuration of ours has once held a bundle that verifies our certificate.
  bool accepted() const { return accepted_; }

 private:
  void run(const std::function<void(const Identity&)>& use);
  void ask_version();
  bool wait(std::chrono::milliseconds duration);

  const ReplicaOptions options_;
  const Clock now_;
  const std::function<void(std::string_view)> say_;
  Inventory inventory_;
  ApiClient client_;
  std::atomic<bool> accepted_ = false;
  std::atomic<KubernetesVersion> kubernetes_ = kLatestKubernetes;
  std::chrono::steady_clock::time_point ask_again_;
  std::mutex mutex_;
  std::condition_variable stop_asked_;
  bool stopped_ = false;
  std::unique_ptr<Reflectors> reflectors_;
  std::thread thread_;
};

}  // namespace stateward
