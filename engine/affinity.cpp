#include "engine/affinity.h"

#include <algorithm>

#include "engine/selector.h"

namespace stateward {

std::vector<AntiAffinityTerm> anti_affinity_terms(const PodSpec& pod) {
  std::vector<AntiAffinityTerm> terms;
  for (const bool required : {true, false}) {
    const std::string_view field = required ? "requiredDuringSchedulingIgnoredDuringExecution"
                                            : "preferredDuringSchedulingIgnoredDuringExecution";
    Path path = Path(pod.path) / "affinity" / "podAntiAffinity" / field;
    std::size_t index = 0;
    for (const Node entry : pod.node["affinity"]["podAntiAffinity"][field].items()) {
      const Node term = required ? entry : entry["podAffinityTerm"];
      const Path place = required ? path / index++ : path / index++ / "podAffinityTerm";
      terms.push_back({.selector = term["labelSelector"],
                       .path = place / "labelSelector",
                       .topology_key = term["topologyKey"].text(),
                       .required = required});
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
