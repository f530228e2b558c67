#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  for (const ClaimTemplate& claim : set.claim_templates()) {
    const bool block = claim.volume_mode() == "Block";
    for (const Container& container : set.pod_spec().containers()) {
      for (const VolumeUse& use : volume_uses(container)) {
        if (use.name != claim.name() || use.block == block) continue;
        findings.add(use.path / "name",
                     fmt::format("claim template \"{}\" is {}, and used as {}", claim.name(),
                                 claim.volume_mode(), use.block ? "a device" : "a file system"));
      }
    }
  }
}

}  // namespace

extern const Policy volume_mode_mismatch;
constinit const Policy volume_mode_mismatch{
    .id = "volume-mode-mismatch",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "A claim template's volume mode does not fit how it is mounted.",
    .reason =
        "A Block volume has no file system to mount and a Filesystem volume is no device: the "
        "kubelet refuses to start the Pod.",
    .remedy = "use volumeDevices for volumeMode: Block and volumeMounts for volumeMode: Filesystem",
    .sources =
        "PersistentVolumeClaimSpec.volumeMode, Container.volumeDevices (core/v1)\n"
        "pkg/kubelet/volumemanager/populator: createVolumeSpec (kubernetes/kubernetes)",
    .check = check,
};

}  // namespace stateward::policies
