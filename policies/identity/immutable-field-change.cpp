#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool same_text(Node one, Node other, std::string_view fallback) {
  return non_empty(one, fallback) == non_empty(other, fallback);
}

void report(const Path& path, std::string_view what, Findings& findings) {
  findings.add(path, fmt::format("{} cannot be changed once the set exists", what));
}

// An empty map is none.
bool same_or_empty(Node one, Node other) {
  const auto nothing = [](Node node) { return !node.exists() || (node.is_map() && node.empty()); };
  return equal(one, other) || (nothing(one) && nothing(other));
}

// Whether two claims ask for the same, but for what claim-template-resize tells of; what the API
// server fills in is no difference.
bool same_claim(Node one, Node other, Path& difference) {
  for (const std::string_view map : {"labels", "annotations", "name"}) {
    if (!same_or_empty(one["metadata"][map], other["metadata"][map]))
      return difference = Path("/metadata") / map, false;
  }
  const Node left = one["spec"];
  const Node right = other["spec"];
  for (const std::string_view field : {"accessModes", "volumeName", "selector", "dataSource",
                                       "dataSourceRef", "volumeAttributesClassName"}) {
    if (!equal(left[field], right[field])) return difference = Path("/spec") / field, false;
  }
  if (!same_text(left["volumeMode"], right["volumeMode"], "Filesystem"))
    return difference = "/spec/volumeMode", false;
  return true;
}

void check_claims(const Subject& subject, Findings& findings) {
  const auto now = StatefulSet{subject.object}.claim_templates();
  const auto before = StatefulSet{*subject.old}.claim_templates();
  if (now.size() != before.size()) {
    return report("/spec/volumeClaimTemplates", "the number of claim templates", findings);
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    Path difference;
    if (same_claim(now[i].node, before[i].node, difference)) continue;
    report(Path(now[i].path().text() + difference.text()),
           fmt::format("claim template \"{}\"", before[i].name()), findings);
  }
}

void check(const Subject& subject, Findings& findings) {
  const Node now = subject.object.spec();
  const Node before = subject.old->spec();
  if (!same_text(now["serviceName"], before["serviceName"], ""))
    report("/spec/serviceName", "serviceName", findings);
  if (!same_text(now["podManagementPolicy"], before["podManagementPolicy"], "OrderedReady")) {
    report("/spec/podManagementPolicy", "podManagementPolicy", findings);
  }
  if (now["selector"].exists() && before["selector"].exists() &&
      !equal(now["selector"], before["selector"])) {
    report("/spec/selector", "the selector", findings);
  }
  constexpr std::int64_t kHistory = 10;
  if (subject.kubernetes < KubernetesVersion{1, 33} &&
      now["revisionHistoryLimit"].integer(kHistory) !=
          before["revisionHistoryLimit"].integer(kHistory)) {
    report("/spec/revisionHistoryLimit", "before Kubernetes 1.33 revisionHistoryLimit", findings);
  }
  check_claims(subject, findings);
}

}  // namespace

extern const Policy immutable_field_change;
constinit const Policy immutable_field_change{
    .id = "immutable-field-change",
    .section = "identity",
    .severity = Severity::medium,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::old_object,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::update},
    .summary = "An update changes a field that cannot be changed.",
    .reason =
        "The API server refuses the whole update with one message for all fields: of a set that "
        "exists only replicas, ordinals, template, updateStrategy, minReadySeconds, "
        "persistentVolumeClaimRetentionPolicy and, from Kubernetes 1.33 on, revisionHistoryLimit "
        "may change.",
    .exceptions =
        "What the API server fills in: a default is the same as nothing. Sizes and storage classes "
        "of claim templates, which claim-template-resize tells of.",
    .remedy = "keep the field, or delete the set with --cascade=orphan and create it again",
    .sources =
        "StatefulSetSpec (apps/v1)\n"
        "kubernetes/kubernetes#56341, #68737, #130263; pkg/apis/apps/validation of v1.32.0 and "
        "v1.33.0",
    .check = check,
};

}  // namespace stateward::policies
