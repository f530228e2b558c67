#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// A volume that a claim stands behind, by the name under which containers use it.
struct ClaimedVolume {
  std::string_view name;
  std::string_view claim_kind;
  std::string_view claim_name;
  Node spec;  // of the claim
};

// A claim template takes the place of a volume of its name. A claim that is not known may be of
// either mode.
std::vector<ClaimedVolume> claimed_volumes(const StatefulSet& set, const Subject& subject) {
  std::vector<ClaimedVolume> all;
  for (const ClaimTemplate& claim : set.claim_templates())
    all.push_back({claim.name(), "claim template", claim.name(), claim.spec()});
  for (const Node volume : set.pod_spec().volumes().items()) {
    const std::string_view name = volume["name"].text();
    if (set.has_claim_template(name)) continue;
    if (const Node own = volume["ephemeral"]["volumeClaimTemplate"]; own.exists())
      all.push_back({name, "ephemeral volume", name, own["spec"]});
    const std::string_view named = volume["persistentVolumeClaim"]["claimName"].text();
    if (named.empty()) continue;
    if (const Object* claim = subject.set.find(Kind::claim, subject.object.name_space, named))
      all.push_back({name, "claim", named, claim->spec()});
  }
  return all;
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  for (const ClaimedVolume& volume : claimed_volumes(set, subject)) {
    const std::string_view mode = non_empty(volume.spec["volumeMode"], "Filesystem");
    for (const Container& container : set.pod_spec().containers()) {
      for (const VolumeUse& use : volume_uses(container)) {
        if (use.name != volume.name || use.block == (mode == "Block")) continue;
        findings.add(use.path() / "name", fmt::format("{} \"{}\" is {}, and used as {}",
                                                      volume.claim_kind, volume.claim_name, mode,
                                                      use.block ? "a device" : "a file system"));
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
    .operations = {Operation::create, Operation::update},
    .summary = "A claim's volume mode does not fit how it is mounted.",
    .reason =
        "A Block volume has no file system to mount and a Filesystem volume is no device: the "
        "kubelet refuses to start the Pod.",
    .exceptions =
        "A claim that the template names and that is not known: it may be of either mode.",
    .remedy = "use volumeDevices for volumeMode: Block and volumeMounts for volumeMode: Filesystem",
    .sources =
        "PersistentVolumeClaimSpec.volumeMode, Container.volumeDevices (core/v1)\n"
        "EphemeralVolumeSource.volumeClaimTemplate, PersistentVolumeClaimVolumeSource (core/v1)\n"
        "pkg/kubelet/volumemanager/populator: createVolumeSpec (kubernetes/kubernetes)",
    .check = check,
};

}  // namespace stateward::policies
