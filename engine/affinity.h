// Rules of a pod spec that keep Pods apart.
#pragma once

#include <string_view>
#include <vector>

#include "engine/workload.h"

namespace stateward {

// A term of affinity.podAntiAffinity (core/v1 PodAffinityTerm), in order, required ones first.
struct AntiAffinityTerm {
  Node selector;
  std::string_view topology_key;
  bool required = false;      // not merely preferred
  std::size_t index = 0;      // among those of its sort
  std::string_view pod_path;  // of the pod spec it stands in

  Path path() const;  // of the selector
};
std::vector<AntiAffinityTerm> anti_affinity_terms(const PodSpec& pod);

// The label by which nodes are told apart.
inline constexpr std::string_view kHostnameLabel = "kubernetes.io/hostname";

// Whether no two Pods of that workload are ever put on one node.
bool keeps_nodes_apart(const Object& workload);

}  // namespace stateward
