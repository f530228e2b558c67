#include <fmt/format.h>

#include <set>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  std::set<std::string_view> used;
  for (const Container& container : set.pod_spec().containers()) {
    for (const VolumeUse& use : volume_uses(container)) used.insert(use.name);
  }
  for (const ClaimTemplate& claim : set.claim_templates()) {
    if (claim.name().empty() || used.contains(claim.name())) continue;
    findings.add(claim.path() / "metadata" / "name",
                 fmt::format("no container mounts claim template \"{}\"", claim.name()));
  }
}

}  // namespace

extern const Policy unmounted_claim_template;
constinit const Policy unmounted_claim_template{
    .id = "unmounted-claim-template",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "No container mounts a claim template.",
    .reason =
        "The claims are made and paid for, and the data goes into the container's own layer and "
        "is lost when the Pod is replaced. The API says that every template must be mounted; "
        "nothing checks it.",
    .remedy = "mount it in the container that writes the data, or remove the template",
    .sources =
        "StatefulSetSpec.volumeClaimTemplates (apps/v1): \"Every claim in this list must have at "
        "least one matching volumeMount\"",
    // A name that is mistyped in the mount is missing here.
    .implied_by = {"mount-without-volume"},
    .check = check,
};

}  // namespace stateward::policies
