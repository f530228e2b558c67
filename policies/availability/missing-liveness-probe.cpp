#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool has_ports(const Container& container) { return !container.node["ports"].empty(); }

// The application: each container that serves; where none does, the first that is no helper.
std::vector<Container> applications(const PodSpec& pod) {
  std::vector<Container> candidates = pod.containers();
  std::erase_if(candidates, [](const Container& container) {
    return container.list != ContainerList::containers || is_helper_container(container);
  });
  if (std::any_of(candidates.begin(), candidates.end(), has_ports))
    std::erase_if(candidates, [](const Container& container) { return !has_ports(container); });
  else if (candidates.size() > 1)
    candidates.erase(candidates.begin() + 1, candidates.end());
  return candidates;
}

void check(const Subject& subject, Findings& findings) {
  for (const Container& container : applications(StatefulSet{subject.object}.pod_spec())) {
    if (container.liveness().exists()) continue;
    const KnownImage* image = known_repository(container);
    if (image != nullptr && image->liveness.empty()) continue;
    Finding& finding = findings.add(
        container.path() / "livenessProbe",
        fmt::format("container \"{}\" has no liveness probe: one that hangs is not restarted",
                    container.name()));
    if (image != nullptr) finding.remedy = std::string(image->liveness);
  }
}

}  // namespace

extern const Policy missing_liveness_probe;
constinit const Policy missing_liveness_probe{
    .id = "missing-liveness-probe",
    .section = "availability",
    .severity = Severity::low,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A container has no liveness probe.",
    .reason =
        "A process that hangs without ending stays as it is until somebody notices. For what keeps "
        "data the other mistake is the worse one: a probe that is too eager kills a member in the "
        "middle of its recovery. This is never more than a note.",
    .exceptions =
        "Helpers beside the application, also those that declare no port where another container "
        "does; servers that are better off without, because recovery, "
        "joining or being sealed looks like hanging: databases that replay a log, cassandra, "
        "vault.",
    .remedy =
        "add a cheap one with a startupProbe of minutes, or leave it: a restart heals little here",
    .sources =
        "Container.livenessProbe (core/v1)\n"
        "hashicorp/vault-helm values.yaml: no liveness probe by default\n"
        "What to ask of which server: each row of the known images says where it was read",
    .check = check,
};

}  // namespace stateward::policies
