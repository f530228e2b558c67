#include <algorithm>

#include "engine/affinity.h"
#include "engine/policy.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check_spread(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const PodSpec pod = set.pod_spec();
  std::size_t index = 0;
  for (const Node constraint : pod.node["topologySpreadConstraints"].items()) {
    const Path path = Path(pod.path) / "topologySpreadConstraints" / index++;
    const Node selector = constraint["labelSelector"];
    if (selector_matches(selector, set.pod_labels())) continue;
    findings.add(
        path / "labelSelector",
        selector.exists()
            ? "the spread constraint does not match the set's own Pods, so it spreads none of them"
            : "the spread constraint selects no Pods, so it spreads none");
  }
}

// The set's own key with another value: meant for itself, and misspelt.
bool contradicts(Node selector, Node labels) {
  for (const auto& [key, value] : selector["matchLabels"].members()) {
    if (labels[key].exists() && labels[key].text() != value.text()) return true;
  }
  const auto expressions = selector["matchExpressions"].items();
  return std::any_of(expressions.begin(), expressions.end(), [&](Node expression) {
    if (expression["operator"].text() != "In" || !labels[expression["key"].text()].exists())
      return false;
    const auto values = expression["values"].items();
    return std::none_of(values.begin(), values.end(), [&](Node value) {
      return value.text() == labels[expression["key"].text()].text();
    });
  });
}

void check(const Subject& subject, Findings& findings) {
  check_spread(subject, findings);
  const StatefulSet set{subject.object};
  const Node labels = set.pod_labels();
  const auto terms = anti_affinity_terms(set.pod_spec());
  const auto matches = [&](const AntiAffinityTerm& term) {
    return selector_matches(term.selector, labels);
  };
  if (std::any_of(terms.begin(), terms.end(), matches)) return;
  for (const AntiAffinityTerm& term : terms) {
    if (!contradicts(term.selector, labels)) continue;
    findings.add(term.path(),
                 "the anti-affinity term has the set's own label with another value, so it keeps "
                 "nothing apart");
  }
}

}  // namespace

extern const Policy spread_selector_mismatch;
constinit const Policy spread_selector_mismatch{
    .id = "spread-selector-mismatch",
    .section = "scheduling",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A spread or anti-affinity rule does not match the set's own Pods.",
    .reason =
        "The rule counts Pods that its selector matches, and these are none of this set's: it "
        "does nothing, and one node may take every member.",
    .exceptions =
        "Anti-affinity towards another application: terms whose keys the template does not "
        "carry, or a set with another term that matches its own labels; podAffinity.",
    .remedy = "make the selector match the labels of the Pod template",
    .sources = "TopologySpreadConstraint.labelSelector, PodAffinityTerm.labelSelector (core/v1)",
    .check = check,
};

}  // namespace stateward::policies
