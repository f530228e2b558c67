#include <fmt/format.h>

#include <array>
#include <string>

#include "engine/budget.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// The kinds that the disruption controller asks for their scale.
constexpr std::array kScaled = {Kind::stateful_set, Kind::deployment, Kind::replica_set,
                                Kind::replication_controller};

struct Covered {
  std::int64_t pods = 0;
  bool several_of_a_set = false;
};

// What the budget is about: as many Pods as the workloads known here may come to have.
Covered covered_by(const Object& budget, const ObjectSet& set) {
  const Node selector = budget.spec()["selector"];
  Covered covered;
  for (const Kind kind : kScaled) {
    for (const Object* workload : set.all(kind, budget.name_space)) {
      const bool counted_already =
          kind == Kind::replica_set && workload->controller_kind() == Kind::deployment;
      if (counted_already || !selector_matches(selector, pod_labels_of(*workload))) continue;
      const std::int64_t replicas = max_replicas(*workload, set);
      covered.pods += replicas;
      covered.several_of_a_set |= kind == Kind::stateful_set && replicas > 1;
    }
  }
  for (const Object* pod : set.all(Kind::pod, budget.name_space)) {
    const bool bare = !pod->controller().exists() && !has_ended(*pod);
    if (bare && selector_matches(selector, pod_labels_of(*pod))) ++covered.pods;
  }
  return covered;
}

void judge_limit(const Object& budget, std::int64_t pods, Findings& findings) {
  for (const std::string_view field : {"maxUnavailable", "minAvailable"}) {
    const Node limit = budget.spec()[field];
    if (!limit.exists()) continue;
    const std::string written = limit.is_text() ? std::string(limit.text()) : to_json(limit);
    const std::string of = pods > 0 ? fmt::format(" of {}", pods) : "";
    findings.add(Path("/spec") / field,
                 fmt::format("{} {}{}: no Pod may ever be evicted", field, written, of));
    return;
  }
  findings.add("/spec/maxUnavailable", "neither maxUnavailable nor minAvailable: no Pod may go");
}

void check(const Subject& subject, Findings& findings) {
  const Object& budget = subject.object;
  if (budget.being_deleted() || !budget.spec()["selector"].exists()) return;
  const Covered covered = covered_by(budget, subject.set);
  // Of Pods that nobody here knows only nothing and all can be told apart.
  constexpr std::int64_t kMany = 1000;
  if (disruptions_allowed(budget, covered.pods > 0 ? covered.pods : kMany) == 0)
    return judge_limit(budget, covered.pods, findings);
  // Who made a budget for its own Pods has decided that, too.
  if (!covered.several_of_a_set || budget.controller().exists() ||
      budget.spec()["unhealthyPodEvictionPolicy"].exists())
    return;
  findings
      .add("/spec/unhealthyPodEvictionPolicy",
           "with more members broken than it lets go, not even a broken one may be evicted")
      .as_info()
      .remedy =
      "set unhealthyPodEvictionPolicy: AlwaysAllow, or IfHealthyBudget to say it is meant";
}

}  // namespace

extern const Policy disruption_budget_blocks_drain;
constinit const Policy disruption_budget_blocks_drain{
    .id = "disruption-budget-blocks-drain",
    .section = "availability",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::disruption_budget},
    .operations = {Operation::create, Operation::update},
    .summary = "A PodDisruptionBudget lets no Pod go.",
    .reason =
        "Evictions are refused for ever: nodes do not drain, upgrades and scale-downs of the "
        "cluster stand still, until somebody deletes the Pods by hand, past the budget. Shares are "
        "rounded up, so minAvailable: 67% of three is all three; a budget that says neither "
        "maxUnavailable nor minAvailable lets none go.",
    .exceptions =
        "minAvailable as a number, where no workload of the Pods is known; autoscaled workloads "
        "count with all the replicas that they may get; budgets that select nothing. A set's "
        "budget without unhealthyPodEvictionPolicy is only mentioned, and not where an operator "
        "wrote it.",
    .remedy = "set maxUnavailable: 1 instead",
    .sources =
        "PodDisruptionBudgetSpec (policy/v1)\n"
        "getExpectedPodCount, updatePdbStatus in pkg/controller/disruption: shares are rounded up, "
        "and of nothing expected nothing may go\n"
        "pkg/registry/core/pod/storage/eviction.go: an unready Pod goes while enough are healthy",
    .check = check,
};

}  // namespace stateward::policies
