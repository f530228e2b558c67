#include <fmt/format.h>

#include "engine/budget.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const auto budgets = budgets_over(subject.object, subject.set);
  if (budgets.size() < 2) return;
  Finding& finding = findings.add(
      Path(pod_template_path_of(subject.object)) / "metadata" / "labels",
      fmt::format("disruption budgets \"{}\" and \"{}\" both match: every eviction fails",
                  budgets[0]->name, budgets[1]->name));
  // What is wrong stands in another object, and the Pods run all the same.
  if (subject.point != EnforcementPoint::validate) finding.action = EnforcementAction::warn;
}

}  // namespace

extern const Policy multiple_disruption_budgets;
constinit const Policy multiple_disruption_budgets{
    .id = "multiple-disruption-budgets",
    .section = "availability",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "Several PodDisruptionBudgets match the Pods of a StatefulSet.",
    .reason =
        "The eviction API takes one budget for a Pod. With two every eviction of every member "
        "fails, whatever the budgets say, so no node that one runs on can be drained. In a live "
        "cluster this is a warning: what is wrong stands in the budgets.",
    .exceptions = "Budgets that are being deleted, or that select members by a label of their own.",
    .remedy = "keep one of the budgets, or narrow the selector of the other",
    .sources =
        "Kubernetes 1.36.3: \"This pod has more than one PodDisruptionBudget, which the eviction "
        "subresource does not support\"\n"
        "pkg/registry/core/pod/storage/eviction.go",
    .check = check,
};

}  // namespace stateward::policies
