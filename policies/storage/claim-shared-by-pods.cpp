// Asked of Pods that people make. What a controller makes is judged at the workload, for a denial
// there would only be an event; where a live cluster is audited, every pair is told once.

#include <fmt/format.h>

#include <tuple>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// What makes a Pod: the same for all replicas of a workload, also during a rollout, when two
// ReplicaSets of one Deployment have Pods.
std::tuple<std::string_view, std::string_view> maker_of(const Object& pod) {
  const Node controller = pod.controller();
  if (!controller.exists()) return {"Pod", pod.name};
  std::string_view name = controller["name"].text();
  const std::string_view hash = pod.label("pod-template-hash");
  if (!hash.empty() && name.ends_with(hash)) name.remove_suffix(hash.size());
  return {controller["kind"].text(), name};
}

// Whether the pair is told at this one of the two.
bool tells(const Subject& subject, const Object& other) {
  const bool bare = !subject.object.controller().exists();
  if (subject.point == EnforcementPoint::admission) return bare;
  const bool other_bare = !other.controller().exists();
  return bare != other_bare ? bare : subject.object.name > other.name;
}

bool writes(const Object& pod, std::string_view claim) {
  const PodSpec spec = pod_spec_of(pod);
  for (const ClaimVolume& volume : claim_volumes(spec)) {
    if (volume.claim == claim && !is_read_only(spec, volume.volume)) return true;
  }
  return false;
}

const Object* sharer(const Subject& subject, std::string_view claim, bool one_pod) {
  for (const Object* other : pods_with_claim(claim, subject.object.name_space, subject.set)) {
    if (other->name == subject.object.name || other->being_deleted()) continue;
    if (maker_of(*other) == maker_of(subject.object) || !tells(subject, *other)) continue;
    if (one_pod || (writes(*other, claim) && writes(subject.object, claim))) return other;
  }
  return nullptr;
}

void check(const Subject& subject, Findings& findings) {
  const Object& pod = subject.object;
  if (has_ended(pod)) return;
  for (const ClaimVolume& volume : claim_volumes(pod_spec_of(pod))) {
    const Object* claim = subject.set.find(Kind::claim, pod.name_space, volume.claim);
    if (claim == nullptr) continue;
    const AccessModes modes = access_modes(claim->spec());
    if (modes.read_write_many || modes.read_only_many) continue;
    if (!modes.read_write_once && !modes.read_write_once_pod) continue;
    const Object* other = sharer(subject, volume.claim, modes.read_write_once_pod);
    if (other == nullptr) continue;
    Finding& finding = findings.add(
        volume.path,
        fmt::format("claim \"{}\" is {}, and Pod \"{}\" has it too", volume.claim,
                    modes.read_write_once_pod ? "ReadWriteOncePod" : "ReadWriteOnce", other->name));
    if (modes.read_write_once_pod) finding.with_action(EnforcementAction::deny);
  }
}

}  // namespace

extern const Policy claim_shared_by_pods;
constinit const Policy claim_shared_by_pods{
    .id = "claim-shared-by-pods",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::pod},
    .operations = {Operation::create},
    .summary = "Two Pods of different owners have one claim that only one should write to.",
    .reason =
        "ReadWriteOnce is about nodes: on one node both Pods write to the same files, each sure of "
        "being alone, and on another the second hangs until the volume is detached. "
        "ReadWriteOncePod leaves the second Pod unschedulable for as long as the first is there.",
    .exceptions =
        "Claims that are known to be ReadWriteMany or ReadOnlyMany, or of which nothing is known; "
        "a Pod that only reads; Pods of one workload, which shared-claim judges; Pods that have "
        "ended or are being deleted. At admission only Pods without a controller are asked.",
    .remedy = "give this Pod a claim of its own, end the other one first, or mount it readOnly",
    .sources =
        "PersistentVolumeClaimSpec.accessModes (core/v1)\n"
        "KEP-2485: ReadWriteOncePod",
    .check = check,
};

}  // namespace stateward::policies
