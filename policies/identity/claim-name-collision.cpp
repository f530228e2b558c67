#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool ordinals_overlap(const Object& one, const Object& other, const ObjectSet& set) {
  const std::int64_t first = StatefulSet{one}.first_ordinal();
  const std::int64_t second = StatefulSet{other}.first_ordinal();
  return first < second + max_replicas(other, set) && second < first + max_replicas(one, set);
}

std::string prefix(const ClaimTemplate& claim, const Object& set) {
  return fmt::format("{}-{}", claim.name(), set.name);
}

void check(const Subject& subject, Findings& findings) {
  for (const ClaimTemplate& own : StatefulSet{subject.object}.claim_templates()) {
    const std::string wanted = prefix(own, subject.object);
    for (const Object* other : subject.set.all(Kind::stateful_set, subject.object.name_space)) {
      // Few sets end alike, and no other's claims can be called the same.
      if (other->name == subject.object.name || !wanted.ends_with(other->name)) continue;
      for (const ClaimTemplate& theirs : StatefulSet{*other}.claim_templates()) {
        if (prefix(theirs, *other) != wanted ||
            !ordinals_overlap(subject.object, *other, subject.set))
          continue;
        findings.add(
            own.path() / "metadata" / "name",
            fmt::format("claims \"{}-N\" are those of template \"{}\" of StatefulSet \"{}\" too",
                        wanted, theirs.name(), other->name));
      }
    }
  }
}

}  // namespace

extern const Policy claim_name_collision;
constinit const Policy claim_name_collision{
    .id = "claim-name-collision",
    .section = "identity",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "Two sets give their claims the same names.",
    .reason =
        "A claim is named <template>-<set>-<ordinal>, and dashes do not tell the parts apart: "
        "template alpha-beta of set petset and template alpha of set beta-petset both make "
        "alpha-beta-petset-0. Both sets mount it and write to it, and nothing says so.",
    .exceptions = "Ordinals that do not overlap, as when a set is moved slice by slice.",
    .remedy = "rename the claim template",
    .sources =
        "StatefulSetSpec.volumeClaimTemplates, .ordinals (apps/v1)\n"
        "kubernetes/kubernetes#41153",
    .check = check,
};

}  // namespace stateward::policies
