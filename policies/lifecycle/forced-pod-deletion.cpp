#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/request.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool out_of_service(const Object& node) {
  const auto taints = node.spec()["taints"].items();
  return std::any_of(taints.begin(), taints.end(), [](Node taint) {
    return taint["key"].text() == "node.kubernetes.io/out-of-service";
  });
}

bool node_is_lost(const Subject& subject) {
  const std::string_view name = subject.object.spec()["nodeName"].text();
  if (name.empty()) return true;  // it never ran anywhere
  if (const Object* node = subject.set.find(Kind::node, {}, name)) return out_of_service(*node);
  // A complete set without any Node was never told of them.
  return subject.set.complete() && !subject.set.all(Kind::node, {}).empty();
}

void check(const Subject& subject, Findings& findings) {
  if (subject.request == nullptr || subject.request->grace_period_seconds != 0) return;
  if (subject.object.controller_kind() != Kind::stateful_set) return;
  if (has_ended(subject.object) || node_is_lost(subject)) return;
  if (parse_consent(subject.object.annotation("stateward.dev/confirm-forced-deletion"),
                    subject.today))
    return;
  findings.add("/metadata/name",
               fmt::format("Pod \"{}\" is deleted by force while it may still run on node \"{}\"",
                           subject.object.name, subject.object.spec()["nodeName"].text()));
}

}  // namespace

extern const Policy forced_pod_deletion;
constinit const Policy forced_pod_deletion{
    .id = "forced-pod-deletion",
    .section = "lifecycle",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::pod},
    .operations = {Operation::remove},
    .summary = "A member of a StatefulSet is deleted by force.",
    .reason =
        "With a grace period of 0 the Pod's record goes at once, whether or not its processes "
        "have ended. The controller starts a new member of the same name: two live processes "
        "with one identity and one claim.",
    .exceptions =
        "A Pod that has ended or never ran; a node that is gone or carries the taint "
        "node.kubernetes.io/out-of-service; kubelets; the annotation "
        "stateward.dev/confirm-forced-deletion: \"reason\" on the Pod.",
    .remedy =
        "let it end by itself; for a lost node delete the Node or taint it out-of-service; else "
        "annotate the Pod with stateward.dev/confirm-forced-deletion: \"reason\"",
    .sources =
        "DeleteOptions.gracePeriodSeconds (meta/v1)\n"
        "Kubernetes documentation: Force Delete StatefulSet Pods\n"
        "KEP-2268: non-graceful node shutdown",
    .check = check,
};

}  // namespace stateward::policies
