// Where a Pod's configuration comes from: the ConfigMaps and Secrets that it names, and whether an
// edit of one reaches containers that run.
#pragma once

#include <string_view>
#include <vector>

#include "engine/object.h"
#include "engine/path.h"
#include "engine/workload.h"

namespace stateward {

struct ConfigReference {
  Kind kind = Kind::config_map;  // or secret
  std::string_view name;
  Path path;               // of what names it, or of the mount that keeps it from being refreshed
  std::string_view how;    // "its environment", for a message
  bool refreshed = false;  // the kubelet writes edits into the files of a volume
};

// In the order of the pod spec's containers, then of its volumes. A volume that nobody mounts is no
// reference.
std::vector<ConfigReference> config_references(const PodSpec& pod);

// Whether `name` ends with a version or a hash, so that an edit makes another object: "-ver-3"
// (kapp), "-v2", "-1.4.0", "-5m8t9dkk74" (kustomize), "-3f9a0c1".
bool ends_with_version(std::string_view name);

}  // namespace stateward
