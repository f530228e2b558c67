#include <fmt/format.h>

#include <algorithm>

#include "engine/affinity.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Whether the selector speaks of labels that the Pods carry: of themselves, then, whether or not it
// matches them; spread-selector-mismatch tells where it does not.
bool is_about(Node selector, Node labels) {
  for (const auto& [key, value] : selector["matchLabels"].members()) {
    if (labels[key].written()) return true;
  }
  const auto expressions = selector["matchExpressions"].items();
  return selector.exists() &&
         (std::any_of(expressions.begin(), expressions.end(),
                      [&](Node one) { return labels[one["key"].text()].written(); }) ||
          (selector["matchLabels"].empty() && selector["matchExpressions"].empty()));
}

bool takes_node_ports(const PodSpec& pod) {
  const bool host = pod.node["hostNetwork"].boolean();
  const auto containers = pod.containers();
  return std::any_of(containers.begin(), containers.end(), [&](const Container& container) {
    const auto ports = container.node["ports"].items();
    return std::any_of(ports.begin(), ports.end(),
                       [&](Node port) { return host || port["hostPort"].integer(0) > 0; });
  });
}

bool is_bound_to_one_node(const PodSpec& pod) {
  return !pod.node["nodeName"].text().empty() || pod.node["nodeSelector"][kHostnameLabel].exists();
}

bool is_spread(const StatefulSet& set) {
  const PodSpec pod = set.pod_spec();
  if (!pod.node["topologySpreadConstraints"].empty()) return true;
  const auto terms = anti_affinity_terms(pod);
  return takes_node_ports(pod) || is_bound_to_one_node(pod) ||
         std::any_of(terms.begin(), terms.end(), [&](const AntiAffinityTerm& term) {
           return is_about(term.selector, set.pod_labels());
         });
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  if (replicas <= 1 || is_spread(set)) return;
  findings.add(
      Path(set.pod_spec().path) / "topologySpreadConstraints",
      fmt::format("no rule keeps {} replicas apart: one node may take them all", replicas));
}

}  // namespace

extern const Policy missing_spread;
constinit const Policy missing_spread{
    .id = "missing-spread",
    .section = "scheduling",
    .severity = Severity::medium,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "Nothing keeps the replicas on different nodes.",
    .reason =
        "The scheduler by itself only prefers to spread the Pods of a set, and weighs that against "
        "free room and present images. Volumes then hold members where they were put first: a "
        "quorum on one node goes with that node.",
    .exceptions =
        "One replica at most; any spread constraint; anti-affinity to the set's own Pods, required "
        "or preferred, by node or by zone; ports of the node, which allow one replica there; Pods "
        "bound to one node on purpose.",
    .remedy =
        "add topologySpreadConstraints or a preferred podAntiAffinity by kubernetes.io/hostname "
        "that selects the set's own labels",
    .sources =
        "PodSpec.topologySpreadConstraints, .affinity.podAntiAffinity (core/v1)\n"
        "pkg/scheduler/framework/plugins/podtopologyspread: systemDefaultConstraints "
        "(kubernetes/kubernetes v1.36.3)",
    .check = check,
};

}  // namespace stateward::policies
