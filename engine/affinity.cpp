#include "engine/affinity.h"

#include <algorithm>

#include "engine/selector.h"

namespace stateward {

namespace {

constexpr std::string_view field_of(bool required) {
  return required ? "requiredDuringSchedulingIgnoredDuringExecution"
                  : "preferredDuringSchedulingIgnoredDuringExecution";
}

}  // namespace

Path AntiAffinityTerm::path() const {
  Path entry = Path(pod_path) / "affinity" / "podAntiAffinity" / field_of(required) / index;
  return (required ? entry : entry / "podAffinityTerm") / "labelSelector";
}

std::vector<AntiAffinityTerm> anti_affinity_terms(const PodSpec& pod) {
  std::vector<AntiAffinityTerm> terms;
  const Node rules = pod.node["affinity"]["podAntiAffinity"];
  for (const bool required : {true, false}) {
    std::size_t index = 0;
    for (const Node entry : rules[field_of(required)].items()) {
      const Node term = required ? entry : entry["podAffinityTerm"];
      terms.push_back({.selector = term["labelSelector"],
                       .topology_key = term["topologyKey"].text(),
                       .required = required,
                       .index = index++,
                       .pod_path = pod.path});
    }
  }
  return terms;
}

bool keeps_nodes_apart(const Object& workload) {
  const Node labels = pod_labels_of(workload);
  const auto terms = anti_affinity_terms(pod_spec_of(workload));
  return std::any_of(terms.begin(), terms.end(), [&](const AntiAffinityTerm& term) {
    return term.required && term.topology_key == kHostnameLabel &&
           selector_matches(term.selector, labels);
  });
}

}  // namespace stateward
