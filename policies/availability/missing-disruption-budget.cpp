#include "engine/budget.h"
#include "engine/policy.h"
#include "engine/replicas.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  if (max_replicas(subject.object, subject.set) <= 1 ||
      !budgets_over(subject.object, subject.set).empty())
    return;
  findings.add("/spec/replicas", "no disruption budget: drains may take every member at once");
}

}  // namespace

extern const Policy missing_disruption_budget;
constinit const Policy missing_disruption_budget{
    .id = "missing-disruption-budget",
    .section = "availability",
    .severity = Severity::medium,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .needs = Needs::absence,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "No PodDisruptionBudget covers the replicas of a StatefulSet.",
    .reason =
        "Nodes are drained one after another, or several at once, and an eviction asks nobody but "
        "a budget whether the members that remain are enough: the second member goes while the "
        "first has not come back, and quorum with it.",
    .exceptions =
        "One replica at most; a budget whose selector matches the Pods, also an empty one, which "
        "matches all Pods of the namespace.",
    .remedy = "add a PodDisruptionBudget with maxUnavailable: 1 and the set's selector",
    .sources =
        "PodDisruptionBudgetSpec (policy/v1)\n"
        "Kubernetes 1.36.3: an empty selector matches every Pod of the namespace, none at all "
        "matches none",
    .check = check,
};

}  // namespace stateward::policies
