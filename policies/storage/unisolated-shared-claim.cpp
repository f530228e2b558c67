// Told only of claims known to be ReadWriteMany: all others are for shared-claim. A set that gives
// its members claims of their own shares this one on purpose.

#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

struct Writers {
  bool any = false;
  bool apart = false;          // somewhere each Pod has a folder of its own
  std::string_view data_path;  // of a server that keeps its data on the volume
};

std::string_view data_path_on(const Container& container, std::string_view volume) {
  const KnownImage* image = known_image(container);
  if (image == nullptr || image->maybe_cache) return {};
  for (const std::string_view path : image->data_paths) {
    if (path.empty()) continue;
    const auto mount = mount_under(container, path);
    if (mount && mount->name == volume) return path;
  }
  return {};
}

Writers writers_of(const PodSpec& pod, std::string_view volume) {
  Writers writers;
  for (const Container& container : pod.containers()) {
    for (const VolumeUse& use : volume_uses(container)) {
      if (use.name != volume || use.read_only) continue;
      writers.any = true;
      writers.apart |= is_per_pod(container, use);
    }
    if (writers.data_path.empty()) writers.data_path = data_path_on(container, volume);
  }
  return writers;
}

bool is_read_write_many(const Subject& subject, std::string_view name) {
  const Object* claim = subject.set.find(Kind::claim, subject.object.name_space, name);
  return claim != nullptr && access_modes(claim->spec()).read_write_many;
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  if (replicas <= 1) return;
  const PodSpec pod = set.pod_spec();
  for (const ClaimVolume& volume : claim_volumes(pod)) {
    const std::string_view name = volume.volume["name"].text();
    if (set.has_claim_template(name) || is_read_only(pod, volume.volume) ||
        !is_read_write_many(subject, volume.claim))
      continue;
    const Writers writers = writers_of(pod, name);
    if (!writers.any || writers.apart) continue;
    if (!writers.data_path.empty()) {
      Finding& finding =
          findings.add(volume.path, fmt::format("{} replicas keep {} on one claim, \"{}\"",
                                                replicas, writers.data_path, volume.claim));
      finding.severity = Severity::critical;
      finding.with_action(EnforcementAction::deny);
    } else if (set.claim_templates().empty()) {
      findings.add(volume.path, fmt::format("{} replicas write to the same folders of claim \"{}\"",
                                            replicas, volume.claim));
    }
  }
}

}  // namespace

extern const Policy unisolated_shared_claim;
constinit const Policy unisolated_shared_claim{
    .id = "unisolated-shared-claim",
    .section = "storage",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "All replicas write to the same folders of a ReadWriteMany claim.",
    .reason =
        "ReadWriteMany lets every node mount the volume and keeps nobody from writing over "
        "another's files: lock files, logs and node identities of one member are another's, and "
        "a database that does not expect company loses data. Servers known to keep their data "
        "there are denied.",
    .exceptions =
        "One replica at most; a mount whose subPathExpr names the Pod; volumes that are only "
        "read; sets with claim templates, whose members have claims of their own beside the one "
        "they share.",
    .remedy =
        "mount it with subPathExpr: $(POD_NAME), or give each replica its own claim with "
        "volumeClaimTemplates",
    .sources =
        "PersistentVolumeClaimSpec.accessModes, VolumeMount.subPathExpr (core/v1)\n"
        "Data paths: each row of the known images says where it was read",
    .check = check,
};

}  // namespace stateward::policies
