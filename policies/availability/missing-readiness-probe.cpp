#include <fmt/format.h>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Beside the application, and known to be, or by its silence: a further container that declares no
// port serves nobody.
bool serves_nobody(const Container& container) {
  return is_helper_container(container) || (container.index > 0 && container.node["ports"].empty());
}

void check(const Subject& subject, Findings& findings) {
  for (const Container& container : StatefulSet{subject.object}.pod_spec().containers()) {
    if (container.list != ContainerList::containers || serves_nobody(container)) continue;
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
        "(mesh proxies, config reloaders, log and backup agents, exporters), and any but the "
        "first that declares no port.",
    .remedy = "add a readinessProbe that succeeds once the member can serve",
    .sources =
        "Container.readinessProbe (core/v1)\n"
        "StatefulSetSpec.podManagementPolicy (apps/v1)",
    .check = check,
};

}  // namespace stateward::policies
