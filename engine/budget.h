// PodDisruptionBudgets: whose evictions they count, and how many they let happen at once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/object.h"
#include "engine/object_set.h"

namespace stateward {

// Those in `set` whose selector matches the labels of the workload's Pods, by name; none that is
// being deleted.
std::vector<const Object*> budgets_over(const Object& workload, const ObjectSet& set);

// How many of `total` Pods the budget lets go at once, never below 0: maxUnavailable, or what
// minAvailable leaves, shares of both rounded up as the controller does; 0 where it says neither.
// nullopt where it cannot be read.
std::optional<std::int64_t> disruptions_allowed(const Object& budget, std::int64_t total);

}  // namespace stateward
