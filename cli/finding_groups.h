// The same mistake at several places of one set, for reports that people read: said once, with the
// places behind it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/report.h"

namespace stateward {

// `message` without its values: what is quoted, and words that hold more than letters.
std::string shape_of(std::string_view message);

// Of a message the values that differ from those of `first`, which has the same shape: "om", 3
// replicas.
std::string differing_values(std::string_view message, std::string_view first);

// Findings of one policy whose messages and remedies have one shape, and of which the same is to be
// said beside; in the set's order, the first of them in front.
using FindingGroup = std::vector<const PlacedFinding*>;

// The set's findings, each in one group; groups are ordered by their first findings.
std::vector<FindingGroup> groups_of(const JudgedSet& set);

}  // namespace stateward
