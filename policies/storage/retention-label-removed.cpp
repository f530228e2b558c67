#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/retention.h"

namespace stateward::policies {
namespace {

// Whether somebody takes away or changes a label that stood there, other than to what it should
// say.
bool is_lost(const Subject& subject, const ClaimLabel& expected) {
  const std::string_view before = subject.old->label(expected.key);
  const std::string_view now = subject.object.label(expected.key);
  return !before.empty() && now != before && now != expected.value;
}

void check(const Subject& subject, Findings& findings) {
  if (subject.old == nullptr) return;
  const auto expected = retention_labels(subject.object, subject.set);
  if (!expected) return;
  const ClaimLabel* first = nullptr;
  std::size_t lost = 0;
  for (const ClaimLabel& label : *expected) {
    if (!is_lost(subject, label)) continue;
    if (lost++ == 0) first = &label;
  }
  if (first == nullptr) return;
  const bool removed = subject.object.label(first->key).empty();
  findings.add(Path("/metadata/labels") / first->key,
               fmt::format("label {} of claim \"{}\" is {}{}", first->key, subject.object.name,
                           removed ? "removed" : "changed",
                           lost > 1 ? fmt::format(", and {} more", lost - 1) : ""));
}

}  // namespace

extern const Policy retention_label_removed;
constinit const Policy retention_label_removed{
    .id = "retention-label-removed",
    .section = "storage",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::claim},
    .operations = {Operation::update},
    .summary = "A label that says whose a claim is, and when it goes, is removed or changed.",
    .reason =
        "Backups and people select claims by these labels. A claim that has lost them is left out "
        "of both until the controller puts them back, and one that says something else misleads "
        "for as long.",
    .exceptions =
        "A label that is set to what the set says; a claim that no set, or more than one, makes.",
    .remedy =
        "leave the label to the controller; to change what becomes of the claims, change the set's "
        "persistentVolumeClaimRetentionPolicy",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy (apps/v1)\n"
        "KEP-1847",
    .check = check,
};

}  // namespace stateward::policies
