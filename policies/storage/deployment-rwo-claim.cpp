#include <fmt/format.h>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/scaled.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Whether an update starts a Pod beside the only one that there is (default: RollingUpdate with 25
// % surge, which is one of one).
bool surges(const Object& workload) {
  if (workload.kind != Kind::deployment) return false;
  const Node strategy = workload.spec()["strategy"];
  if (non_empty(strategy["type"], "RollingUpdate") != "RollingUpdate") return false;
  return scaled(strategy["rollingUpdate"]["maxSurge"], 1, Round::up).value_or(1) > 0;
}

std::string_view mode_of(const AccessModes& modes) {
  return modes.read_write_once_pod ? "ReadWriteOncePod: one Pod" : "ReadWriteOnce: one node";
}

void judge(const Subject& subject, const ClaimVolume& volume, std::int64_t replicas,
           Findings& findings) {
  const Object* claim = subject.set.find(Kind::claim, subject.object.name_space, volume.claim);
  if (claim == nullptr) return;
  const AccessModes modes = access_modes(claim->spec());
  if (modes.read_write_many || modes.read_only_many) return;
  if (!modes.read_write_once && !modes.read_write_once_pod) return;
  if (replicas > 1) {
    Finding& finding =
        findings.add(volume.path, fmt::format("{} replicas share claim \"{}\", which is {}",
                                              replicas, volume.claim, mode_of(modes)));
    if (modes.read_write_once_pod) finding.with_action(EnforcementAction::deny);
    finding.remedy =
        "use a StatefulSet with volumeClaimTemplates, or a claim that is ReadWriteMany";
  } else if (surges(subject.object)) {
    findings.add(volume.path,
                 fmt::format("an update starts a second Pod on claim \"{}\", which is {}",
                             volume.claim, mode_of(modes)));
  }
}

void check(const Subject& subject, Findings& findings) {
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  for (const ClaimVolume& volume : claim_volumes(pod_spec_of(subject.object)))
    judge(subject, volume, replicas, findings);
}

}  // namespace

extern const Policy deployment_rwo_claim;
constinit const Policy deployment_rwo_claim{
    .id = "deployment-rwo-claim",
    .section = "storage",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::deployment, Kind::replica_set, Kind::replication_controller},
    .operations = {Operation::create, Operation::update},
    .summary = "Pods of a Deployment meet on a claim that one node, or one Pod, may have.",
    .reason =
        "A rolling update starts the new Pod before it ends the old one. On another node it waits "
        "for the volume, which the old Pod keeps until the new one is ready: the rollout stands "
        "still. On the same node both write to one and the same files. More than one replica is "
        "the same, always.",
    .exceptions =
        "strategy Recreate, or maxSurge 0, with one replica; claims that are known to be "
        "ReadWriteMany or ReadOnlyMany, or of which nothing is known.",
    .remedy = "set strategy: {type: Recreate}, or use a StatefulSet",
    .sources =
        "DeploymentStrategy, PersistentVolumeClaimSpec.accessModes (core/v1, apps/v1)\n"
        "MaxSurge and ResolveFenceposts in pkg/controller/deployment/util of v1.36.3\n"
        "KEP-2485: ReadWriteOncePod",
    .check = check,
};

}  // namespace stateward::policies
