#include <fmt/format.h>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/retention.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void judge_label(const Object& claim, const ClaimOwner& owner, Findings& findings) {
  const std::string_view said = claim.label(kRetentionLabel);
  const std::string_view wanted = retention_of(StatefulSet{*owner.set});
  if (said.empty() || said == wanted) return;
  findings.add(
      Path("/metadata/labels") / kRetentionLabel,
      fmt::format("the claim says {}, StatefulSet \"{}\" says {}", said, owner.set->name, wanted));
}

// The set's policy works through owner references, and leaves a claim alone that another controller
// has (KEP-1847).
void judge_controller(const Object& claim, const ClaimOwner& owner, Findings& findings) {
  const Node controller = claim.controller();
  const std::string_view kind = controller["kind"].text();
  const bool own = kind == "StatefulSet" && controller["name"].text() == owner.set->name;
  const bool condemned =
      kind == "Pod" && ordinal_of(controller["name"].text(), owner.set->name) == owner.ordinal;
  const std::string_view retention = retention_of(StatefulSet{*owner.set});
  if (!controller.exists() || own || condemned || retention == "retain") return;
  findings.add("/metadata/ownerReferences",
               fmt::format("StatefulSet \"{}\" says {}, but {} \"{}\" controls the claim",
                           owner.set->name, retention, kind, controller["name"].text()));
}

void check(const Subject& subject, Findings& findings) {
  const Object& claim = subject.object;
  const auto owners = owners_of_claim(claim.name, claim.name_space, subject.set);
  if (owners.size() != 1 || claim.being_deleted() || owners.front().set->being_deleted()) return;
  judge_label(claim, owners.front(), findings);
  judge_controller(claim, owners.front(), findings);
}

}  // namespace

extern const Policy retention_conflict;
constinit const Policy retention_conflict{
    .id = "retention-conflict",
    .section = "lifecycle",
    .severity = Severity::medium,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .needs = Needs::live,
    .kinds = {Kind::claim},
    .operations = {Operation::create},
    .summary = "A claim and its StatefulSet disagree on when the claim is deleted.",
    .reason =
        "The set's policy decides, whatever the label stateward.dev/retention says: who trusts a "
        "label that says retain loses data. The other way round, a claim that another controller "
        "owns is never deleted, though the set's policy says so.",
    .exceptions = "Claims and sets that are being deleted; claims that no set, or two, make.",
    .remedy =
        "let both say the same: set persistentVolumeClaimRetentionPolicy, and leave the label to "
        "the controller",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy (apps/v1)\n"
        "KEP-1847: claims with another controller",
    .check = check,
};

}  // namespace stateward::policies
