#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  // A stored set always has the field, whoever wrote it.
  if (subject.point != EnforcementPoint::validate) return;
  const Node replicas = subject.object.spec()["replicas"];
  if (!replicas.is_integer()) return;
  const Object* autoscaler = autoscaler_of(subject.object, subject.set);
  if (autoscaler == nullptr || autoscaler->being_deleted()) return;
  findings.add("/spec/replicas",
               fmt::format("each apply goes back to {} replicas, which {} \"{}\" has changed",
                           replicas.integer(0), autoscaler->kind_name, autoscaler->name));
}

}  // namespace

extern const Policy replicas_owned_by_autoscaler;
constinit const Policy replicas_owned_by_autoscaler{
    .id = "replicas-owned-by-autoscaler",
    .section = "lifecycle",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The manifest sets the number of replicas that an autoscaler changes.",
    .reason =
        "Every apply, and every upgrade of a release, sets the number back; members go, and come "
        "again a minute later, each time with a handover of their data. A server-side apply is "
        "refused instead: the field belongs to whoever scaled last.",
    .exceptions = "A live cluster, where the field is there whoever wrote it.",
    .remedy =
        "take replicas out of the manifest; of a set that runs, give the field up first (kubectl "
        "apply edit-last-applied), or it becomes 1",
    .sources =
        "HorizontalPodAutoscalerSpec.scaleTargetRef (autoscaling/v2)\n"
        "Kubernetes documentation: Horizontal Pod Autoscaling, migrating to it; Server-Side Apply, "
        "transferring ownership\n"
        "kubernetes/kubernetes#25238, #67135; tried on an API server of 1.36.3",
    .check = check,
};

}  // namespace stateward::policies
