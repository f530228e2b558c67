#include "engine/retention.h"

#include <algorithm>

#include "engine/claim.h"
#include "engine/names.h"

namespace stateward {

std::string_view retention_of(const StatefulSet& set) {
  const bool scaled = set.when_scaled() == "Delete";
  const bool deleted = set.when_deleted() == "Delete";
  if (scaled && deleted) return "delete-always";
  if (scaled) return "delete-on-scale";
  return deleted ? "delete-on-set-delete" : "retain";
}

std::optional<RetentionLabels> retention_labels(const Object& claim, const ObjectSet& set) {
  const auto owners = owners_of_claim(claim.name, claim.name_space, set);
  if (owners.size() != 1) return std::nullopt;
  const ClaimOwner& owner = owners.front();
  RetentionLabels labels = {{
      {kStatefulSetLabel, std::string(owner.set->name)},
      {kClaimTemplateLabel, std::string(owner.claim_template)},
      {kOrdinalLabel, std::to_string(owner.ordinal)},
      {kRetentionLabel, std::string(retention_of(StatefulSet{*owner.set}))},
  }};
  // Older servers took names of sets and templates that no label can hold.
  const bool fit = std::all_of(labels.begin(), labels.end(),
                               [](const ClaimLabel& label) { return is_label_value(label.value); });
  return fit ? std::optional(std::move(labels)) : std::nullopt;
}

}  // namespace stateward
