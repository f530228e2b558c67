#include <fmt/format.h>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void judge(const Subject& subject, std::string_view claim, const Path& path, Findings& findings) {
  for (const ClaimOwner& owner : owners_of_claim(claim, subject.object.name_space, subject.set)) {
    if (subject.object.kind == Kind::stateful_set && owner.set->name == subject.object.name)
      continue;
    Finding& finding =
        findings.add(path, fmt::format("claim \"{}\" is that of ordinal {} of StatefulSet \"{}\"",
                                       claim, owner.ordinal, owner.set->name));
    if (subject.object.kind == Kind::pod) finding.at_most(EnforcementAction::audit);
    return;
  }
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.kind == Kind::pod && subject.object.controller_kind() == Kind::stateful_set)
    return;
  for (const ClaimVolume& volume : claim_volumes(pod_spec_of(subject.object)))
    judge(subject, volume.claim, volume.path, findings);
}

}  // namespace

extern const Policy claim_pinned_to_ordinal;
constinit const Policy claim_pinned_to_ordinal{
    .id = "claim-pinned-to-ordinal",
    .section = "storage",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set, Kind::deployment, Kind::replica_set, Kind::replication_controller,
              Kind::daemon_set, Kind::job, Kind::cron_job, Kind::pod},
    .operations = {Operation::create, Operation::update},
    .summary = "A Pod template names a claim that belongs to one member of a StatefulSet.",
    .reason =
        "The claim carries the name that a StatefulSet gives to one ordinal's own claim. Every "
        "Pod of this template mounts that member's data beside it, and writes to it.",
    .exceptions =
        "The owning set's own template and the Pods it controls. A bare Pod, or one of another "
        "controller, is only audited: people mount a member's claim to repair it.",
    .remedy =
        "use a claim of its own, or volumeClaimTemplates; to repair a member, scale the set down "
        "first",
    .sources =
        "StatefulSetSpec.volumeClaimTemplates (apps/v1): claims are named "
        "<template>-<set>-<ordinal>",
    .check = check,
};

}  // namespace stateward::policies
