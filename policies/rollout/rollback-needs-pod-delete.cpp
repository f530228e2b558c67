#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool rolling(Node status) {
  const std::string_view current = status["currentRevision"].text();
  const std::string_view wanted = status["updateRevision"].text();
  return !current.empty() && !wanted.empty() && current != wanted;
}

// Broken from the start, or since: which Pod it is the status does not tell.
void judge_standing(Node status, Findings& findings) {
  const std::int64_t pods = status["replicas"].integer(0);
  const std::int64_t ready = status["readyReplicas"].integer(0);
  if (ready >= pods) return;
  findings.add("/spec/template",
               fmt::format("{} of {} Pods are not ready: one that stays so must be deleted for the "
                           "new template to reach it",
                           pods - ready, pods));
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet before{*subject.old};
  if (before.pod_management_policy() != "OrderedReady") return;
  if (before.update_strategy() != "RollingUpdate") return;
  if (equal(subject.old->spec()["template"], subject.object.spec()["template"])) return;
  const Node status = subject.old->node["status"];
  if (!rolling(status)) return judge_standing(status, findings);
  if (status["readyReplicas"].integer(0) >= before.replicas()) return;
  // Members are replaced from the highest ordinal down: those updated so far end with the one that
  // is stuck.
  const std::int64_t updated = std::max<std::int64_t>(1, status["updatedReplicas"].integer(1));
  const std::int64_t ordinal =
      before.first_ordinal() + std::max<std::int64_t>(0, before.replicas() - updated);
  findings.add(
      "/spec/template",
      fmt::format(
          "a rollout is stuck at Pod \"{}-{}\", which must be deleted for this one to go on",
          subject.object.name, ordinal));
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
        "template, or the rollback, does not arrive until somebody deletes it. Nor does it reach a "
        "Pod that was broken from the start, or broke since.",
    .exceptions =
        "podManagementPolicy: Parallel; the OnDelete strategy; an update that leaves the "
        "template as it is; a set all of whose Pods are ready, or that has none yet.",
    .remedy = "delete the Pod that is not ready once the update is stored, highest ordinal first",
    .sources =
        "StatefulSetStatus.currentRevision, .updateRevision, .readyReplicas (apps/v1)\n"
        "kubernetes/kubernetes#60164, #67250",
    .check = check,
};

}  // namespace stateward::policies
