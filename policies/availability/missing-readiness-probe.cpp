#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool serves(const Container& container) {
  return container.list == ContainerList::containers && !container.node["ports"].empty() &&
         !is_helper_container(container);
}

// Beside the application, and known to be, or by its silence: where another container declares
// ports, one that declares none serves nobody. Where none does, the first is the application.
bool serves_nobody(const Container& container, bool another_serves) {
  return is_helper_container(container) ||
         (container.node["ports"].empty() && (another_serves || container.index > 0));
}

void check(const Subject& subject, Findings& findings) {
  const std::vector<Container> containers = StatefulSet{subject.object}.pod_spec().containers();
  const bool one_serves = std::any_of(containers.begin(), containers.end(), serves);
  for (const Container& container : containers) {
    if (container.list != ContainerList::containers || serves_nobody(container, one_serves))
      continue;
    if (container.readiness().exists()) continue;
    findings.add(
        container.path() / "readinessProbe",
        fmt::format("container \"{}\" has no readiness probe: rollouts go on as soon as it runs",
                    container.name()));
  }
}

}  // namespace

extern const Policy missing_readiness_probe;
constinit const Policy missing_readiness_probe{
    .id = "missing-readiness-probe",
    .section = "availability",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A container has no readiness probe.",
    .reason =
        "OrderedReady and rolling updates go on to the next member as soon as this one runs, "
        "whether or not it has recovered: a rollout outruns recovery and quorum is lost. Clients "
        "are sent to a member that cannot answer yet.",
    .exceptions =
        "Init containers, also restartable ones; containers known to be beside an application "
        "(mesh proxies, config reloaders, log and backup agents, exporters); one that declares no "
        "port beside one that does, and any but the first where none does.",
    .remedy = "add a readinessProbe that succeeds once the member can serve",
    .sources =
        "Container.readinessProbe (core/v1)\n"
        "StatefulSetSpec.podManagementPolicy (apps/v1)",
    .check = check,
};

}  // namespace stateward::policies
