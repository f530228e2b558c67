#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// The claim stands there with its volume, or a volume is kept for it.
bool is_prepared(std::string_view claim, std::string_view name_space, const ObjectSet& set) {
  const Object* made = set.find(Kind::claim, name_space, claim);
  if (made != nullptr && !made->spec()["volumeName"].text().empty()) return true;
  const auto volumes = set.all(Kind::volume, {});
  return std::any_of(volumes.begin(), volumes.end(), [&](const Object* volume) {
    const Node reference = volume->spec()["claimRef"];
    return reference["name"].text() == claim && reference["namespace"].text() == name_space;
  });
}

bool all_prepared(const Object& object, const ClaimTemplate& claim, const ObjectSet& set) {
  const std::int64_t first = StatefulSet{object}.first_ordinal();
  const std::int64_t end = first + max_replicas(object, set);
  for (std::int64_t ordinal = first; ordinal < end; ++ordinal) {
    const std::string name = fmt::format("{}-{}-{}", claim.name(), object.name, ordinal);
    if (!is_prepared(name, object.name_space, set)) return false;
  }
  return true;
}

void check(const Subject& subject, Findings& findings) {
  for (const ClaimTemplate& claim : StatefulSet{subject.object}.claim_templates()) {
    const Node storage_class = claim.spec()["storageClassName"];
    const bool classless = storage_class.is_text() && storage_class.text().empty();
    if (!classless && !claim.spec()["selector"].exists()) continue;
    if (!claim.spec()["volumeName"].text().empty()) continue;  // not any volume, but that one
    if (all_prepared(subject.object, claim, subject.set)) continue;
    const Path spec = claim.path() / "spec";
    if (classless) {
      findings.add(
          spec / "storageClassName",
          fmt::format(
              "claim template \"{}\" takes any volume without a class, whosever data it holds",
              claim.name()));
    } else {
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
        "volume that fits, in any order: after the set was rebuilt, ordinal 0 may come up on the "
        "data of ordinal 2.",
    .exceptions =
        "A template that names its volume; every ordinal's claim is at hand with its volume, or "
        "a volume's claimRef keeps it for that claim.",
    .remedy =
        "name a storage class that provisions, or reserve a volume for each ordinal's claim with "
        "the volume's claimRef",
    .sources =
        "PersistentVolumeClaimSpec.storageClassName, .selector (core/v1)\n"
        "kubernetes/kubernetes#128459",
    .check = check,
};

}  // namespace stateward::policies
