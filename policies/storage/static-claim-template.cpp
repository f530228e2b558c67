#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  for (const ClaimTemplate& claim : StatefulSet{subject.object}.claim_templates()) {
    const Node storage_class = claim.spec()["storageClassName"];
    const Path spec = claim.path() / "spec";
    if (storage_class.is_text() && storage_class.text().empty()) {
      findings.add(
          spec / "storageClassName",
          fmt::format(
              "claim template \"{}\" takes any volume without a class, whosever data it holds",
              claim.name()));
    } else if (claim.spec()["selector"].exists()) {
      findings.add(spec / "selector", fmt::format("claim template \"{}\" takes any volume that its "
                                                  "selector matches, whosever data it holds",
                                                  claim.name()));
    }
  }
}

}  // namespace

extern const Policy static_claim_template;
constinit const Policy static_claim_template{
    .id = "static-claim-template",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "A claim template binds only volumes that exist already, whichever fits.",
    .reason =
        "With storageClassName: \"\" or a selector nothing is provisioned. Claims bind to any "
        "volume that "
        "fits, in any order: after the set was rebuilt, ordinal 0 may come up on the data of "
        "ordinal 2.",
    .remedy =
        "name a storage class that provisions, or make one claim for each ordinal beforehand, "
        "bound to "
        "its own volume",
    .sources =
        "PersistentVolumeClaimSpec.storageClassName, .selector (core/v1)\n"
        "kubernetes/kubernetes#128459",
    .check = check,
};

}  // namespace stateward::policies
