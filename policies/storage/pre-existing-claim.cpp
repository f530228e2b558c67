// Told by time where there is one: what the set's controller makes, or somebody makes for it on
// purpose, is no more than moments older than the set. Manifests have no time; a claim among them
// is meant to be there.

#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/timestamp.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::int64_t kMoments = 60;  // seconds that one installation may take

enum class Origin { kept, beside, manifest };

Origin origin_of(const Subject& subject, const Object& claim) {
  const auto claim_created = created_at(claim);
  const auto set_created = created_at(subject.object);
  if (claim_created && set_created)
    return *set_created - *claim_created > kMoments ? Origin::kept : Origin::beside;
  return subject.point == EnforcementPoint::validate ? Origin::manifest : Origin::kept;
}

// The controller copies the selector's labels to the claims it makes, so a claim that has them was
// this application's before.
bool agrees(const Object& claim, const Object& set) {
  const Node wanted = set.spec()["selector"]["matchLabels"];
  const auto labels = wanted.members();
  return !wanted.empty() && std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    return claim.label(label.key) == label.value.text();
  });
}

// As a shell would spell them: "claim data-web-1", "claims data-web-{0,1,2,...}".
std::string named(const std::string& prefix, const std::vector<std::int64_t>& ordinals) {
  if (ordinals.size() == 1) return fmt::format("claim {}-{}", prefix, ordinals.front());
  const std::size_t shown = std::min<std::size_t>(ordinals.size(), 4);
  return fmt::format(
      "claims {}-{{{}{}}}", prefix,
      fmt::join(ordinals.begin(), ordinals.begin() + static_cast<std::ptrdiff_t>(shown), ","),
      shown < ordinals.size() ? ",..." : "");
}

void judge(const Subject& subject, const ClaimTemplate& claim_template, Findings& findings) {
  const StatefulSet set{subject.object};
  const std::string prefix = fmt::format("{}-{}", claim_template.name(), subject.object.name);
  std::vector<std::int64_t> kept;
  std::vector<std::int64_t> manifests;
  bool agree = true;
  for (const Object* claim : subject.set.all(Kind::claim, subject.object.name_space)) {
    const auto ordinal = ordinal_of(claim->name, prefix);
    if (!ordinal || !set.covers(*ordinal) || claim->being_deleted()) continue;
    const Origin origin = origin_of(subject, *claim);
    if (origin == Origin::manifest) manifests.push_back(*ordinal);
    if (origin != Origin::kept) continue;
    kept.push_back(*ordinal);
    agree = agree && agrees(*claim, subject.object);
  }
  const Path path = claim_template.path() / "metadata" / "name";
  std::sort(kept.begin(), kept.end());
  std::sort(manifests.begin(), manifests.end());
  if (!manifests.empty())
    findings.add(path, fmt::format("it takes over {}, made by hand", named(prefix, manifests)))
        .as_info();
  if (kept.empty()) return;
  Finding& finding =
      findings.add(path, fmt::format("it takes over {}, older than itself", named(prefix, kept)));
  if (!agree) return;
  finding.severity = Severity::low;
  finding.at_most(EnforcementAction::audit);
}

void check(const Subject& subject, Findings& findings) {
  for (const ClaimTemplate& claim_template : StatefulSet{subject.object}.claim_templates())
    judge(subject, claim_template, findings);
}

}  // namespace

extern const Policy pre_existing_claim;
constinit const Policy pre_existing_claim{
    .id = "pre-existing-claim",
    .section = "storage",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "A StatefulSet takes over claims that were there before it.",
    .reason =
        "The controller uses a claim of the right name as it is: it compares neither size nor "
        "storage class nor access modes, and never looks whose data is in it. A member that is "
        "thought to be new then starts with the data of an earlier release, or of another "
        "application.",
    .exceptions =
        "Claims made within a minute of the set, or being deleted. Claims with the set's selector "
        "labels were its own before and are only audited; a manifest beside the set's is "
        "information.",
    .remedy = "look at what the claims hold: keep them if it is wanted, or delete them first",
    .sources =
        "StatefulSetSpec.volumeClaimTemplates (apps/v1): claims are named "
        "<template>-<set>-<ordinal>\n"
        "kubernetes/kubernetes#55045",
    .check = check,
};

}  // namespace stateward::policies
