#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const PodSpec pod = StatefulSet{subject.object}.pod_spec();
  if (pod.node["terminationGracePeriodSeconds"].integer() != 0) return;
  const Path path = Path(pod.path) / "terminationGracePeriodSeconds";
  findings.add(path, "0 seconds to end: two members of one name may run at once")
      .with_fix(Fix::Applicability::unsafe, {{.op = PatchOperation::Op::remove, .path = path}});
}

}  // namespace

extern const Policy zero_termination_grace;
constinit const Policy zero_termination_grace{
    .id = "zero-termination-grace",
    .section = "availability",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The Pods are given no time to end.",
    .reason =
        "With terminationGracePeriodSeconds: 0 the Pod's record goes before its processes have "
        "ended, and the controller starts the next member of that name: two live members with "
        "one identity and one claim.",
    .remedy = "give the members the time they need to shut down, 30 seconds or more",
    .sources =
        "PodSpec.terminationGracePeriodSeconds (core/v1)\n"
        "kubernetes/kubernetes#36034",
    .check = check,
};

}  // namespace stateward::policies
