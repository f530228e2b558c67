#include <fmt/format.h>

#include <set>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  std::set<std::string_view> names;
  for (const ClaimTemplate& claim : StatefulSet{subject.object}.claim_templates()) {
    if (claim.name().empty() || names.insert(claim.name()).second) continue;
    findings.add(claim.path() / "metadata" / "name",
                 fmt::format("an earlier claim template is named \"{}\" too", claim.name()));
  }
}

}  // namespace

extern const Policy duplicate_claim_template;
constinit const Policy duplicate_claim_template{
    .id = "duplicate-claim-template",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "Two claim templates have one name.",
    .reason =
        "The controller keeps templates by name, so one of the two is lost: its claim is never "
        "made, or the other is mounted where it was meant.",
    .remedy = "give each claim template a name of its own",
    .sources = "StatefulSetSpec.volumeClaimTemplates (apps/v1)",
    .check = check,
};

}  // namespace stateward::policies
