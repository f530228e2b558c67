// Told at the set, once for each template and field, since the template is what a remedy changes.

#include <fmt/format.h>

#include <array>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/quantity.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool same_size(Node wanted, Node present) {
  const auto left = quantity(wanted);
  const auto right = quantity(present);
  return !left || !right || left->value == right->value;
}

// A template that names no class takes the cluster's default, whatever that was at the time.
bool same_class(Node wanted, Node present) {
  return !wanted.exists() || !present.exists() || wanted.text() == present.text();
}

struct Field {
  std::array<std::string_view, 3> steps;
  std::string_view name;
  bool (*same)(Node wanted, Node present);
  std::string_view annotation = {};  // that says it instead, and is heard first

  Node annotated(Node claim) const {
    return annotation.empty() ? Node{} : claim["metadata"]["annotations"][annotation];
  }
  Node of(Node claim) const {
    if (const Node said = annotated(claim); said.exists()) return said;
    Node node = claim["spec"];
    for (const std::string_view step : steps)
      if (!step.empty()) node = node[step];
    return node;
  }
  Path below(const ClaimTemplate& claim) const {
    if (annotated(claim.node).exists())
      return claim.path() / "metadata" / "annotations" / annotation;
    Path path = claim.path() / "spec";
    for (const std::string_view step : steps)
      if (!step.empty()) path = path / step;
    return path;
  }
};

constexpr std::array kFields = {
    Field{{"resources", "requests", "storage"}, "size", same_size},
    Field{{"storageClassName"},
          "storage class",
          same_class,
          "volume.beta.kubernetes.io/storage-class"},
};

std::string shown(Node node) { return node.is_text() ? std::string(node.text()) : to_json(node); }

void judge(const Subject& subject, const ClaimTemplate& claim_template, const Field& field,
           Findings& findings) {
  const Node wanted = field.of(claim_template.node);
  const std::string prefix = fmt::format("{}-{}", claim_template.name(), subject.object.name);
  const Object* first = nullptr;
  std::size_t drifted = 0;
  for (const Object* claim : subject.set.all(Kind::claim, subject.object.name_space)) {
    if (!ordinal_of(claim->name, prefix) || claim->being_deleted()) continue;
    if (field.same(wanted, field.of(claim->node))) continue;
    if (drifted++ == 0) first = claim;
  }
  if (first == nullptr) return;
  findings.add(field.below(claim_template),
               fmt::format("{} {}, but claim {} has {}{}", field.name, shown(wanted), first->name,
                           shown(field.of(first->node)),
                           drifted > 1 ? fmt::format(", and {} more differ", drifted - 1) : ""));
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.being_deleted()) return;
  for (const ClaimTemplate& claim_template : StatefulSet{subject.object}.claim_templates()) {
    for (const Field& field : kFields) judge(subject, claim_template, field, findings);
  }
}

}  // namespace

extern const Policy claim_template_drift;
constinit const Policy claim_template_drift{
    .id = "claim-template-drift",
    .section = "storage",
    .severity = Severity::medium,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .needs = Needs::live,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "The claims of a StatefulSet have another size or storage class than its template.",
    .reason =
        "volumeClaimTemplates cannot be changed, so volumes that were grown leave the template "
        "behind, and so do claims kept from an earlier set. The next member to be added gets a "
        "volume of the old size or class, and fills up before its peers.",
    .exceptions = "A template that names no storage class; claims that are being deleted.",
    .remedy =
        "delete the set with --cascade=orphan and create it again with a template that says what "
        "the claims have",
    .sources =
        "StatefulSetSpec.volumeClaimTemplates (apps/v1): immutable\n"
        "PersistentVolumeClaimSpec.resources, PersistentVolumeClaimSpec.storageClassName "
        "(core/v1)\n"
        "kubernetes/kubernetes#68737",
    .check = check,
};

}  // namespace stateward::policies
