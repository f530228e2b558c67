// PersistentVolumeClaims: what is known of one, and the names that a StatefulSet gives to its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/object.h"
#include "engine/object_set.h"
#include "engine/path.h"
#include "engine/workload.h"

namespace stateward {

// core/v1 PersistentVolumeAccessMode of a claim or claim template's spec.
struct AccessModes {
  bool read_write_once = false;
  bool read_only_many = false;
  bool read_write_many = false;
  bool read_write_once_pod = false;
};
AccessModes access_modes(Node claim_spec);

// The number at the end of `name` where `name` is exactly "<prefix>-<number>" without leading
// zeros, as the StatefulSet controller writes it; never a guess: "data-web-01" is no ordinal of
// "data-web".
std::optional<std::int64_t> ordinal_of(std::string_view name, std::string_view prefix);

// A claim name read against the sets that are known: claim "data-web-1" is ordinal 1 of template
// "data" of set "web".
struct ClaimOwner {
  const Object* set = nullptr;
  std::string_view claim_template;
  std::int64_t ordinal = 0;
};
// Every set of the namespace that gives this name to a claim of its own, whatever its present
// number of replicas. Two answers are a collision.
std::vector<ClaimOwner> owners_of_claim(std::string_view claim, std::string_view name_space,
                                        const ObjectSet& set);

// A volume of a Pod that is a claim, by the claim's name.
struct ClaimVolume {
  std::string_view claim;
  Node volume;
  Path path;  // of the claim's name
};
std::vector<ClaimVolume> claim_volumes(const PodSpec& pod);
// Whether no container can write to the volume: its source is read-only, or every mount of it is.
bool is_read_only(const PodSpec& pod, Node volume);

// The Pods that have the claim among their volumes, but for those that have ended: what the claim's
// protection waits for (finalizer kubernetes.io/pvc-protection).
std::vector<const Object*> pods_with_claim(std::string_view claim, std::string_view name_space,
                                           const ObjectSet& set);

}  // namespace stateward
