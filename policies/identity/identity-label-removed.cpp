#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void report(const Subject& subject, std::string_view label, std::string_view what,
            Findings& findings) {
  findings.add(Path("/metadata/labels") / label,
               fmt::format("label \"{}\" is {}, so Pod \"{}\" is no longer a member", label, what,
                           subject.object.name));
}

void judge(const Subject& subject, std::string_view label, Findings& findings) {
  const std::string_view before = subject.old->label(label);
  const Node now = subject.object.metadata()["labels"][label];
  if (before.empty() || now.text() == before) return;
  report(subject, label, now.exists() ? "changed" : "removed", findings);
}

// A label of an expression may change and still match, and one that is added may not.
void judge_expressions(const Subject& subject, Node expressions, Findings& findings) {
  const Node before = subject.old->metadata()["labels"];
  const Node now = subject.object.metadata()["labels"];
  for (const Node expression : expressions.items()) {
    if (!expression_matches(expression, before) || expression_matches(expression, now)) continue;
    const std::string_view label = expression["key"].text();
    report(subject, label,
           !now[label].written()     ? "removed"
           : before[label].written() ? "changed"
                                     : "added",
           findings);
  }
}

void check(const Subject& subject, Findings& findings) {
  if (subject.old->controller_kind() != Kind::stateful_set) return;
  for (const std::string_view label : kControllerLabels) judge(subject, label, findings);
  const Object* set = subject.set.find(Kind::stateful_set, subject.object.name_space,
                                       subject.old->controller()["name"].text());
  if (set == nullptr) return;
  const Node selector = set->spec()["selector"];
  for (const auto& [label, value] : selector["matchLabels"].members())
    judge(subject, label, findings);
  judge_expressions(subject, selector["matchExpressions"], findings);
}

}  // namespace

extern const Policy identity_label_removed;
constinit const Policy identity_label_removed{
    .id = "identity-label-removed",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::old_object,
    .kinds = {Kind::pod},
    .operations = {Operation::update},
    .summary = "A member of a StatefulSet loses a label that makes it one.",
    .reason =
        "The set no longer counts the Pod as its own, but its name stays taken: the replacement "
        "cannot be made, Services and budgets miss the Pod, and it outlives the set.",
    .exceptions = "A selector label is known only where the set is. The controller's own changes.",
    .remedy = "put the label back; to replace a member, delete its Pod",
    .sources =
        "Pod labels statefulset.kubernetes.io/pod-name, controller-revision-hash, "
        "apps.kubernetes.io/pod-index\n"
        "kubernetes/kubernetes#55559",
    .check = check,
};

}  // namespace stateward::policies
