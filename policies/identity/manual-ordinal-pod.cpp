#include <fmt/format.h>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// A member that lost its owner: the set was deleted with --cascade=orphan, and made again it takes
// its members back.
bool was_member(const Object& pod) {
  return pod.label("statefulset.kubernetes.io/pod-name") == pod.name;
}

bool is_in_the_way(const Object& pod, const Object& set) {
  return ordinal_of(pod.name, set.name).has_value() && !pod.controller().exists() &&
         !was_member(pod) && !pod.being_deleted() && !set.being_deleted();
}

void judge(const Object& pod, const Object& set, Findings& findings) {
  if (!is_in_the_way(pod, set)) return;
  const bool adopted = selector_matches(set.spec()["selector"], pod.metadata()["labels"]);
  findings.add("/metadata/name",
               adopted ? fmt::format("StatefulSet \"{}\" adopts Pod \"{}\", which it did not make",
                                     set.name, pod.name)
                       : fmt::format("Pod \"{}\" takes the name of a member of StatefulSet \"{}\"",
                                     pod.name, set.name));
}

void check(const Subject& subject, Findings& findings) {
  const Object& object = subject.object;
  if (object.kind == Kind::pod) {
    for (const Object* set : subject.set.all(Kind::stateful_set, object.name_space))
      judge(object, *set, findings);
    return;
  }
  // Elsewhere it is told at the Pod.
  if (subject.point != EnforcementPoint::admission) return;
  for (const Object* pod : subject.set.all(Kind::pod, object.name_space))
    judge(*pod, object, findings);
}

}  // namespace

extern const Policy manual_ordinal_pod;
constinit const Policy manual_ordinal_pod{
    .id = "manual-ordinal-pod",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::pod, Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "A Pod made by hand has the name of a StatefulSet's member.",
    .reason =
        "The set needs that name. If the Pod's labels match, the set adopts it: outside its "
        "ordinals it is deleted, inside it is taken for the member, and as its volumes are others, "
        "the controller tries for ever to update what cannot be updated. If they do not match, the "
        "member cannot be created while the Pod is there.",
    .exceptions =
        "Pods with a controller, and former members of a set that was deleted with "
        "--cascade=orphan.",
    .remedy = "give the Pod another name, or delete it",
    .sources =
        "Kubernetes documentation: StatefulSets, stable network ID\n"
        "pkg/controller/statefulset (kubernetes/kubernetes): adoption, identity and storage of "
        "members",
    .check = check,
};

}  // namespace stateward::policies
