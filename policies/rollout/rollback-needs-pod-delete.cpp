#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/scaled.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool rolling(Node status) {
  const std::string_view current = status["currentRevision"].text();
  const std::string_view wanted = status["updateRevision"].text();
  return !current.empty() && !wanted.empty() && current != wanted;
}

// Whether members that are not ready keep the controller from replacing any. With Parallel it goes
// on, but for some releases, which stop at as many as maxUnavailable (1 where it is absent).
bool blocks(const StatefulSet& set, KubernetesVersion release, std::int64_t unready) {
  if (unready <= 0) return false;
  if (set.pod_management_policy() == "OrderedReady") return true;
  const Node allowed = set.spec()["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
  return waits_for_broken_members(release) &&
         unready >=
             std::max<std::int64_t>(1, scaled(allowed, set.replicas(), Round::down).value_or(1));
}

// Members are replaced from the highest ordinal down: those updated so far end with the one that
// is not ready.
std::int64_t last_replaced(const StatefulSet& set, Node status) {
  const std::int64_t updated = std::max<std::int64_t>(1, status["updatedReplicas"].integer(1));
  return set.first_ordinal() + std::max<std::int64_t>(0, set.replicas() - updated);
}

// A status tells that a Pod is not ready, and not whether it still starts or never will be: so
// much is left open. In a rollout that goes in order it is the Pod replaced last; otherwise the
// status does not tell which one.
void check(const Subject& subject, Findings& findings) {
  const StatefulSet before{*subject.old};
  if (before.update_strategy() != "RollingUpdate") return;
  if (equal(subject.old->spec()["template"], subject.object.spec()["template"])) return;
  const Node status = subject.old->node["status"];
  const bool in_rollout = rolling(status);
  const std::int64_t pods = in_rollout ? before.replicas() : status["replicas"].integer(0);
  const std::int64_t unready = pods - status["readyReplicas"].integer(0);
  if (!blocks(before, subject.kubernetes, unready)) return;
  findings.add(
      "/spec/template",
      in_rollout && before.pod_management_policy() == "OrderedReady"
          ? fmt::format("Pod \"{}-{}\" of the last rollout is not ready: until it is, or is "
                        "deleted, this one "
                        "waits",
                        subject.object.name, last_replaced(before, status))
          : fmt::format("{} of {} Pods are not ready: one that stays so must be deleted for the "
                        "new template to reach it",
                        unready, pods));
}

}  // namespace

extern const Policy rollback_needs_pod_delete;
constinit const Policy rollback_needs_pod_delete{
    .id = "rollback-needs-pod-delete",
    .section = "rollout",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::old_object,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::update},
    .summary = "A broken rollout is mended by another, which cannot reach the Pod that is stuck.",
    .reason =
        "With OrderedReady the controller waits until the Pod that it replaced last is ready "
        "before it goes on. That Pod runs the broken revision and never will be, so the new "
        "template, or the rollback, does not arrive until somebody deletes it. Nor does it "
        "reach a Pod that was broken from the start, or broke since. A Pod that is only "
        "starting looks the same, and needs no more than a moment.",
    .exceptions =
        "podManagementPolicy: Parallel, but for Kubernetes 1.35.0 to 1.35.3, which count broken "
        "members into maxUnavailable; the OnDelete strategy; an update that leaves the template "
        "as it is; a set all of whose Pods are ready, or that has none yet.",
    .remedy =
        "once the update is stored, delete a Pod that does not become ready, highest ordinal first",
    .sources =
        "StatefulSetStatus.currentRevision, .updateRevision, .readyReplicas (apps/v1)\n"
        "kubernetes/kubernetes#60164, #67250, #137409, #137666",
    .check = check,
};

}  // namespace stateward::policies
