// `stateward control`: watches, is elected, and then keeps governing Services, claim labels and the
// installation's certificates as they should be. Runs in threads of its own until it is destroyed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cluster/authority_keeper.h"
#include "cluster/inventory.h"
#include "cluster/leader_election.h"
#include "cluster/reconciler.h"
#include "cluster/reflector.h"

namespace stateward {

class Settings;

struct ControllerOptions {
  std::string name_space;               // of the installation: the lease, the authority
  std::string holder;                   // us, in the lease
  std::vector<std::string> namespaces;  // to look after; empty: all
  bool certificates = true;             // keep the authority and the caBundles
  std::chrono::seconds serving_life = kServingLife;       // of no certificate in service is longer
  std::chrono::seconds settle = std::chrono::minutes{5};  // see RotationSettings
  ReconcilerOptions reconciler;
  std::function<std::shared_ptr<const Settings>()> settings;  // may be empty: the defaults
};

// What the leader knows of the authority.
struct AuthorityState {
  bool in_sync = false;  // every configuration had the bundle that it should have, or got it
  std::optional<std::chrono::sys_seconds> expires;  // none: there is none yet
  std::chrono::seconds life{0};
};

class Controller {
 public:
  // `say` gets a line for each thing that is done or goes wrong; it must not block.
  Controller(std::shared_ptr<CredentialSource> source, ControllerOptions options, Clock now,
             std::function<void(std::string_view)> say);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;
  // Gives the lease back and ends the threads.
  ~Controller();

  // Looks at everything again: other settings hold.
  void reconsider() { mark_all(std::chrono::steady_clock::now()); }

  bool leads() const { return election_.leads(); }
  const Inventory& inventory() const { return inventory_; }
  // None where another leads, or somebody else keeps the certificates.
  std::optional<AuthorityState> authority() const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  void elect();
  void keep_authority();
  void tell_authority(std::optional<AuthorityState> state);
  void work();
  void mark_all(SteadyTime due);
  void mark(const std::string& name_space, SteadyTime due);
  bool next_namespace(std::string& name_space);
  void reconcile(const std::string& name_space);
  bool wait(std::chrono::milliseconds duration);
  bool stopped();

  const ControllerOptions options_;
  const Clock now_;
  const std::function<void(std::string_view)> say_;
  Inventory inventory_;
  LeaderElection election_;
  ApiClient election_client_;
  ApiClient authority_client_;
  ApiClient work_client_;
  Reconciler reconciler_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::optional<AuthorityState> authority_;
  std::map<std::string, SteadyTime> due_;  // namespaces to look at, and when
  std::map<std::string, int> failures_;    // in a row, by namespace

  std::unique_ptr<Reflectors> reflectors_;
  std::vector<std::thread> threads_;
};

}  // namespace stateward
