#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/policy.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr Kind kWorkloads[] = {Kind::stateful_set, Kind::deployment, Kind::daemon_set,
                               Kind::replica_set, Kind::replication_controller};

bool is_same(const Object& one, const Object& other) {
  return one.kind == other.kind && one.name == other.name;
}

// Files that hold an object of the same name are never applied to one namespace together: they are
// alternatives, or of two namespaces that the command line names.
bool never_meet(const Subject& subject, const Object& other) {
  const Object& one = subject.object;
  if (subject.point != EnforcementPoint::validate || one.source == other.source) return false;
  const auto repeated = subject.set.duplicates();
  return std::any_of(repeated.begin(), repeated.end(), [&](const ObjectSet::Duplicate& pair) {
    return std::minmax(pair.first->source, pair.again->source) ==
           std::minmax(one.source, other.source);
  });
}

void check(const Subject& subject, Findings& findings) {
  const Object& set = subject.object;
  const Node selector = set.spec()["selector"];
  // The API server refuses an empty one.
  if (selector["matchLabels"].empty() && selector["matchExpressions"].empty()) return;
  std::vector<const Object*> matched;
  for (const Kind kind : kWorkloads) {
    for (const Object* other : subject.set.all(kind, set.name_space)) {
      if (is_same(*other, set) || other->being_deleted() || other->controller().exists() ||
          never_meet(subject, *other))
        continue;
      if (selector_matches(selector, pod_labels_of(*other))) matched.push_back(other);
    }
  }
  if (matched.empty()) return;
  const std::string more =
      matched.size() == 1 ? "" : fmt::format(" and of {} more", matched.size() - 1);
  findings.add("/spec/selector",
               fmt::format("the selector matches the Pods of {} \"{}\"{} too",
                           matched.front()->kind_name, matched.front()->name, more));
}

}  // namespace

extern const Policy overlapping_selectors;
constinit const Policy overlapping_selectors{
    .id = "overlapping-selectors",
    .section = "identity",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "The set's selector matches Pods of another workload.",
    .reason =
        "The controller tells its own members by owner and name, but nothing else does: an "
        "autoscaler averages over the others' Pods, Services, disruption budgets and anti-affinity "
        "that copy the labels mix the two, and revisions that lost their owner are taken over. The "
        "selector cannot be changed later.",
    .exceptions =
        "Pods of Jobs, which end; workloads that are being deleted; those of two files that hold "
        "an object of the same name, and so never meet in one namespace.",
    .remedy = "give each workload a label of its own, in its selector and its Pod template",
    .sources =
        "StatefulSetSpec.selector (apps/v1), ScaleStatus.selector (autoscaling/v1)\n"
        "kubernetes/kubernetes#36859",
    .check = check,
};

}  // namespace stateward::policies
