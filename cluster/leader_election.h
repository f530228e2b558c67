// Who of several controllers acts: the holder of a Lease (coordination.k8s.io/v1), as client-go
// elects. Who cannot renew in time stops to act well before another may take over.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "cluster/api_client.h"
#include "cluster/inventory.h"

namespace stateward {

struct LeaseSettings {
  std::string name_space;
  std::string name;
  std::string holder;                       // us; unlike that of any other
  std::chrono::seconds duration{15};        // after which another takes a lease that nobody renews
  std::chrono::seconds renew_deadline{10};  // after which we do not act any more
};

// Used by one thread, but for leads().
class LeaderElection {
 public:
  LeaderElection(LeaseSettings settings, Clock now, SteadyClock steady)
      : settings_(std::move(settings)), now_(std::move(now)), steady_(std::move(steady)) {}

  // One try to get or to keep the lease: to be called every two seconds or so. An error is that of
  // the API; that another holds it is none.
  ApiResult<void> step(ApiClient& client);
  // Whether we may act now: the lease was ours less than `renew_deadline` ago.
  bool leads() const;
  // Gives the lease back, so that the next one need not wait for its end.
  void release(ApiClient& client);

 private:
  std::string lease(Node before) const;
  bool taken_by_other(Node lease);

  const LeaseSettings settings_;
  const Clock now_;
  const SteadyClock steady_;
  // What was last seen, and since when by our own clock: the holder's clock is not looked at.
  std::string seen_;
  std::chrono::steady_clock::time_point seen_at_;
  std::atomic<std::chrono::steady_clock::time_point> renewed_at_{
      std::chrono::steady_clock::time_point::min()};
};

}  // namespace stateward
