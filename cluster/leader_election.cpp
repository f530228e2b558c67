#include "cluster/leader_election.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "engine/timestamp.h"

namespace stateward {
namespace {

constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases"};

}  // namespace

bool LeaderElection::leads() const {
  const auto renewed = renewed_at_.load();
  return renewed != std::chrono::steady_clock::time_point::min() &&
         steady_() < renewed + settings_.renew_deadline;
}

// The Lease as it is with us for its holder, written over `before` where there is one.
std::string LeaderElection::lease(Node before) const {
  const Node spec = before["spec"];
  const std::string now = to_micro_timestamp(now_().time_since_epoch().count());
  const bool ours = spec["holderIdentity"].text() == settings_.holder;
  const std::int64_t transitions = spec["leaseTransitions"].integer(0);
  nlohmann::json lease = {
      {"apiVersion", "coordination.k8s.io/v1"},
      {"kind", "Lease"},
      {"metadata", {{"name", settings_.name}, {"namespace", settings_.name_space}}},
      {"spec",
       {{"holderIdentity", settings_.holder},
        {"leaseDurationSeconds", settings_.duration.count()},
        {"acquireTime", ours ? std::string(spec["acquireTime"].text(now)) : now},
        {"renewTime", now},
        {"leaseTransitions", ours || !before.exists() ? transitions : transitions + 1}}}};
  if (before.exists())
    lease["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].text();
  return lease.dump();
}

// Whether another holds it and has renewed it within its duration, as far as we have seen.
bool LeaderElection::taken_by_other(Node lease) {
  const Node spec = lease["spec"];
  const std::string_view holder = spec["holderIdentity"].text();
  const std::string version(lease["metadata"]["resourceVersion"].text());
  if (version != seen_) {
    seen_ = version;
    seen_at_ = steady_();
  }
  if (holder.empty() || holder == settings_.holder) return false;
  const std::chrono::seconds duration{
      spec["leaseDurationSeconds"].integer(settings_.duration.count())};
  return steady_() < seen_at_ + duration;
}

ApiResult<void> LeaderElection::step(ApiClient& client) {
  // Counted from before the call: it may take long.
  const auto began = steady_();
  const auto found = client.get(kLeases, settings_.name_space, settings_.name);
  if (!found && !found.error().not_found()) return tl::unexpected(found.error());
  if (found && taken_by_other(found->node())) {
    renewed_at_ = std::chrono::steady_clock::time_point::min();
    return {};
  }
  const auto written =
      found ? client.update(kLeases, settings_.name_space, settings_.name, lease(found->node()))
            : client.create(kLeases, settings_.name_space, lease({}));
  if (written) {
    renewed_at_ = began;
    return {};
  }
  if (written.error().conflict()) return {};  // another was faster: seen at the next step
  return tl::unexpected(written.error());
}

void LeaderElection::release(ApiClient& client) {
  if (!leads()) return;
  renewed_at_ = std::chrono::steady_clock::time_point::min();
  const auto found = client.get(kLeases, settings_.name_space, settings_.name);
  if (!found || found->node()["spec"]["holderIdentity"].text() != settings_.holder) return;
  const nlohmann::json patch = {
      {"metadata", {{"resourceVersion", found->node()["metadata"]["resourceVersion"].text()}}},
      {"spec", {{"holderIdentity", ""}, {"leaseDurationSeconds", 1}}}};
  static_cast<void>(
      client.patch(kLeases, settings_.name_space, settings_.name, PatchType::merge, patch.dump()));
}

}  // namespace stateward
