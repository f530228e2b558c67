#include "cluster/disruption_budget.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cluster/governing_service.h"
#include "engine/injection.h"
#include "engine/replicas.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward {
namespace {

using Json = nlohmann::json;

bool is_ours(const Object& budget) { return budget.label(kManagedByLabel) == kManager; }

std::string budget_of(const Object& set) {
  const Json owner = {{"apiVersion", "apps/v1"},
                      {"kind", "StatefulSet"},
                      {"name", set.name},
                      {"uid", set.metadata()["uid"].text()},
                      {"blockOwnerDeletion", false}};
  const Json budget = {{"apiVersion", "policy/v1"},
                       {"kind", "PodDisruptionBudget"},
                       {"metadata",
                        {{"name", set.name},
                         {"namespace", set.name_space},
                         {"labels", {{kManagedByLabel, kManager}, {kGovernsLabel, set.name}}},
                         {"ownerReferences", Json::array({owner})}}},
                       {"spec",
                        {{"maxUnavailable", 1},
                         {"unhealthyPodEvictionPolicy", "AlwaysAllow"},
                         {"selector", Json::parse(to_json(set.spec()["selector"]))}}}};
  return budget.dump();
}

}  // namespace

std::vector<BudgetStep> budget_steps(std::string_view name_space, const ObjectSet& set,
                                     const Settings* settings) {
  std::vector<BudgetStep> steps;
  for (const Object* object : set.all(Kind::stateful_set, name_space)) {
    if (object->being_deleted() || object->controller().exists() ||
        !injection_wanted(*object, set, "disruption-budget", settings))
      continue;
    const Object* ours = nullptr;
    bool covered = false;
    for (const Object* budget : set.all(Kind::disruption_budget, name_space)) {
      if (!selector_matches(budget->spec()["selector"], pod_labels_of(*object))) continue;
      if (is_ours(*budget) && budget->label(kGovernsLabel) == object->name) {
        ours = budget;
      } else {
        covered = true;
      }
    }
    if (covered && ours != nullptr && !ours->being_deleted()) {
      steps.push_back({.name = std::string(ours->name),
                       .remove_uid = std::string(ours->metadata()["uid"].text())});
    } else if (!covered && max_replicas(*object, set) > 1 &&
               set.find(Kind::disruption_budget, name_space, object->name) == nullptr) {
      steps.push_back({.name = std::string(object->name), .body = budget_of(*object)});
    }
  }
  return steps;
}

}  // namespace stateward
