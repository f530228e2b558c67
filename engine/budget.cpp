#include "engine/budget.h"

#include <algorithm>

#include "engine/scaled.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward {

std::vector<const Object*> budgets_over(const Object& workload, const ObjectSet& set) {
  std::vector<const Object*> budgets;
  for (const Object* budget : set.all(Kind::disruption_budget, workload.name_space)) {
    if (!budget->being_deleted() &&
        selector_matches(budget->spec()["selector"], pod_labels_of(workload)))
      budgets.push_back(budget);
  }
  return budgets;
}

std::optional<std::int64_t> disruptions_allowed(const Object& budget, std::int64_t total) {
  const Node unavailable = budget.spec()["maxUnavailable"];
  if (unavailable.exists()) return scaled(unavailable, total, Round::up);
  const Node least = budget.spec()["minAvailable"];
  if (!least.exists()) return 0;
  const auto available = scaled(least, total, Round::up);
  if (!available) return std::nullopt;
  return std::max<std::int64_t>(0, total - *available);
}

}  // namespace stateward
