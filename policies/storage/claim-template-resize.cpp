// immutable-field-change tells of every other field of a claim template; of these two there is more
// to say, for the volumes themselves may follow.

#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/quantity.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::string_view kGrow =
    "patch the size of each claim, delete the set with --cascade=orphan, then create it again";
constexpr std::string_view kClassForbids =
    "the class must allow it first (allowVolumeExpansion); then patch the size of each claim, "
    "delete the set with --cascade=orphan and create it again";
constexpr std::string_view kShrink =
    "keep the size; to move to smaller volumes, copy the data to a new set";
constexpr std::string_view kOtherClass =
    "keep the class; members that are added get another one only from a set that was deleted with "
    "--cascade=orphan and created again";

std::string shown(Node node) {
  if (!node.exists()) return "none";
  return node.is_text() ? fmt::format("{}", node.text()) : to_json(node);
}

Node size_of(Node spec) { return spec["resources"]["requests"]["storage"]; }

bool forbids_expansion(const Subject& subject, Node spec) {
  const std::string_view name = spec["storageClassName"].text();
  const Object* storage_class =
      name.empty() ? nullptr : subject.set.find(Kind::storage_class, {}, name);
  return storage_class != nullptr && !storage_class->node["allowVolumeExpansion"].boolean();
}

void judge_size(const Subject& subject, const ClaimTemplate& now, Node before, Findings& findings) {
  const auto wanted = quantity(size_of(now.spec()));
  const auto had = quantity(size_of(before));
  if (!wanted || !had || wanted->value == had->value) return;
  Finding& finding = findings.add(
      now.path() / "spec" / "resources" / "requests" / "storage",
      fmt::format("claim template \"{}\" goes from {} to {}, and a template cannot change",
                  now.name(), shown(size_of(before)), shown(size_of(now.spec()))));
  finding.remedy = wanted->value < had->value               ? kShrink
                   : forbids_expansion(subject, now.spec()) ? kClassForbids
                                                            : kGrow;
}

void judge_class(const ClaimTemplate& now, Node before, Findings& findings) {
  const Node wanted = now.spec()["storageClassName"];
  const Node had = before["storageClassName"];
  if (equal(wanted, had)) return;
  findings
      .add(now.path() / "spec" / "storageClassName",
           fmt::format(
               "claim template \"{}\" goes from class {} to {}, and a template cannot change",
               now.name(), shown(had), shown(wanted)))
      .remedy = kOtherClass;
}

// What was granted may be more than what was asked for; where nobody says, it is that.
void judge_claim(const Subject& subject, Findings& findings) {
  const Node now = size_of(subject.object.spec());
  const Node before = size_of(subject.old->spec());
  const Node granted = subject.old->node["status"]["capacity"]["storage"];
  const auto wanted = quantity(now);
  const auto had = quantity(before);
  const auto capacity = granted.exists() ? quantity(granted) : had;
  if (!wanted || !had || !capacity || wanted->value >= had->value ||
      wanted->value > capacity->value)
    return;
  findings
      .add("/spec/resources/requests/storage",
           fmt::format("the claim cannot shrink from {} to {}",
                       shown(granted.exists() ? granted : before), shown(now)))
      .remedy = "keep the size; to move to a smaller volume, copy the data to a new claim";
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.kind == Kind::claim) return judge_claim(subject, findings);
  const auto now = StatefulSet{subject.object}.claim_templates();
  const auto before = StatefulSet{*subject.old}.claim_templates();
  if (now.size() != before.size()) return;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i].name() != before[i].name()) continue;
    judge_size(subject, now[i], before[i].spec(), findings);
    judge_class(now[i], before[i].spec(), findings);
  }
}

}  // namespace

extern const Policy claim_template_resize;
constinit const Policy claim_template_resize{
    .id = "claim-template-resize",
    .section = "storage",
    .severity = Severity::medium,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::old_object,
    .kinds = {Kind::stateful_set, Kind::claim},
    .operations = {Operation::update},
    .summary = "An update gives a claim template another size or class, or makes a claim smaller.",
    .reason =
        "Claim templates cannot be changed: the API server refuses the whole update, and the "
        "claims would not follow their template anyway. Larger volumes are had by patching the "
        "claims, one by one, and a set created again with the new template; a claim never goes "
        "below what it was granted.",
    .exceptions =
        "The same amount in other units; a claim that takes back a request for more than it was "
        "granted yet.",
    .remedy =
        "patch the size of each claim, delete the set with --cascade=orphan, then create it again",
    .sources =
        "StatefulSetSpec.volumeClaimTemplates (apps/v1): immutable\n"
        "ValidatePersistentVolumeClaimUpdate in pkg/apis/core/validation of v1.37.1\n"
        "kubernetes/kubernetes#68737; KEP-4650 (changing templates) is not merged",
    .check = check,
};

}  // namespace stateward::policies
