// What stateward writes on the claims of a StatefulSet: whose they are, and what its retention
// policy does with them. The labels say it; whether claims go is the set's own doing (KEP-1847).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/object.h"
#include "engine/object_set.h"
#include "engine/workload.h"

namespace stateward {

inline constexpr std::string_view kStatefulSetLabel = "stateward.dev/statefulset";
inline constexpr std::string_view kClaimTemplateLabel = "stateward.dev/claim-template";
inline constexpr std::string_view kOrdinalLabel = "stateward.dev/ordinal";
inline constexpr std::string_view kRetentionLabel = "stateward.dev/retention";

// When the set's claims are deleted (StatefulSetSpec.persistentVolumeClaimRetentionPolicy):
// "retain", "delete-on-scale", "delete-on-set-delete" or "delete-always".
std::string_view retention_of(const StatefulSet& set);

struct ClaimLabel {
  std::string_view key;
  std::string value;
  bool operator==(const ClaimLabel&) const = default;
};
// All four, in the order of the keys above.
using RetentionLabels = std::array<ClaimLabel, 4>;

// The labels that `claim` should carry. nullopt where no set of its namespace gives a claim of its
// own that name, where two do (claim-name-collision), or where the API server would refuse one of
// the values.
std::optional<RetentionLabels> retention_labels(const Object& claim, const ObjectSet& set);

}  // namespace stateward
