#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "engine/budget.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::array kMakers = {Kind::stateful_set, Kind::deployment, Kind::replica_set,
                                Kind::replication_controller};

struct Covered {
  std::int64_t pods = 0;
  bool several_of_a_set = false;
};

// What the budget is about: as many Pods as the workloads known here may come to have.
Covered covered_by(const Object& budget, const ObjectSet& set) {
  const Node selector = budget.spec()["selector"];
  Covered covered;
  for (const Kind kind : kMakers) {
    for (const Object* workload : set.all(kind, budget.name_space)) {
      if (!selector_matches(selector, pod_labels_of(*workload))) continue;
      if (kind == Kind::replica_set && workload->controller().exists()) continue;
      const std::int64_t replicas = max_replicas(*workload, set);
      covered.pods += replicas;
      covered.several_of_a_set |= kind == Kind::stateful_set && replicas > 1;
    }
  }
  for (const Object* pod : set.all(Kind::pod, budget.name_space)) {
    const bool bare = !pod->controller().exists() && !has_ended(*pod);
    covered.pods += bare && selector_matches(selector, pod_labels_of(*pod)) ? 1 : 0;
  }
  return covered;
}

struct Limit {
  std::string_view field;
  std::string written;  // "1", "100%"
};

Limit limit_of(const Object& budget) {
  const std::string_view field =
      budget.spec()["maxUnavailable"].exists() ? "maxUnavailable" : "minAvailable";
  const Node value = budget.spec()[field];
  return {field, value.is_text() ? std::string(value.text()) : to_json(value)};
}

// Of a number of Pods that nobody here knows only nothing and everything can be told apart.
bool blocks(const Object& budget, std::int64_t pods) {
  constexpr std::int64_t kMany = 1000;
  return disruptions_allowed(budget, pods > 0 ? pods : kMany) == 0;
}

void check(const Subject& subject, Findings& findings) {
  const Object& budget = subject.object;
  if (budget.being_deleted() || !budget.spec()["selector"].exists()) return;
  const Covered covered = covered_by(budget, subject.set);
  const Limit limit = limit_of(budget);
  if (blocks(budget, covered.pods)) {
    const std::string of = covered.pods > 0 ? fmt::format(" of {}", covered.pods) : "";
    findings.add(Path("/spec") / limit.field,
                 fmt::format("{} {}{}: no Pod may ever be evicted", limit.field, limit.written,
                             of));
    return;
  }
  if (!covered.several_of_a_set || budget.spec()["unhealthyPodEvictionPolicy"].exists()) return;
  findings
      .add("/spec/unhealthyPodEvictionPolicy",
           "a member that never gets ready can not be evicted, and keeps its node from draining")
      .as_info()
      .remedy = "set unhealthyPodEvictionPolicy: AlwaysAllow";
}

}  // namespace

extern const Policy disruption_budget_blocks_drain;
constinit const Policy disruption_budget_blocks_drain{
    .id = "disruption-budget-blocks-drain",
    .section = "availability",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::disruption_budget},
    .operations = {Operation::create, Operation::update},
    .summary = "A PodDisruptionBudget lets no Pod go.",
    .reason =
        "Evictions are refused for ever: nodes do not drain, upgrades and scale-downs of the "
        "cluster stand still, until somebody deletes the Pods by hand, past the budget. Shares are "
        "rounded up, so minAvailable: 67% of three is all three.",
    .exceptions =
        "minAvailable as a number, where no workload of the Pods is known; autoscaled workloads "
        "count with all the replicas that they may get. Without unhealthyPodEvictionPolicy there is "
        "only a note.",
    .remedy = "set maxUnavailable: 1 instead",
    .sources =
        "PodDisruptionBudgetSpec (policy/v1)\n"
        "getExpectedPodCount in pkg/controller/disruption of v1.36.3: shares are rounded up\n"
        "Kubernetes 1.36.3: evictions answer 429; of an unready Pod too, but for AlwaysAllow",
    .check = check,
};

}  // namespace stateward::policies
