#include <fmt/format.h>

#include <set>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const PodSpec pod = set.pod_spec();
  std::set<std::string_view> volumes;
  for (const Node volume : pod.volumes().items()) volumes.insert(volume["name"].text());
  for (const ClaimTemplate& claim : set.claim_templates()) volumes.insert(claim.name());
  for (const Container& container : pod.containers()) {
    for (const VolumeUse& use : volume_uses(container)) {
      if (volumes.contains(use.name)) continue;
      findings.add(
          use.path() / "name",
          fmt::format("container \"{}\" mounts \"{}\", which is no volume and no claim template",
                      container.name(), use.name));
    }
  }
}

}  // namespace

extern const Policy mount_without_volume;
constinit const Policy mount_without_volume{
    .id = "mount-without-volume",
    .section = "storage",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A container mounts a volume that does not exist.",
    .reason =
        "The Pod is refused. Since Kubernetes 1.34 the API server refuses such a set when it is "
        "created; before, it is accepted and never gets a Pod.",
    .remedy = "name one of the Pod's volumes or claim templates",
    .sources =
        "VolumeMount.name (core/v1): must match the name of a volume\n"
        "kubernetes/kubernetes#131790",
    .check = check,
};

}  // namespace stateward::policies
