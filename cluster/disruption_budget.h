// PodDisruptionBudgets for sets that none covers, where they are wanted. Two budgets over one Pod
// fail every eviction, so ours goes as soon as another one comes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/object_set.h"

namespace stateward {

class Settings;

struct BudgetStep {
  std::string name;
  std::string body;        // to be created
  std::string remove_uid;  // where not empty, to be deleted instead
};

std::vector<BudgetStep> budget_steps(std::string_view name_space, const ObjectSet& set,
                                     const Settings* settings = nullptr);

}  // namespace stateward
