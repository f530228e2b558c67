#include "engine/budget.h"

#include <doctest/doctest.h>

#include <string>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

std::string budget(const std::string& name, const std::string& spec,
                   const std::string& metadata = "") {
  return "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: " + name + metadata +
         "}, spec: {" + spec + "}}\n---\n";
}

std::optional<std::int64_t> allowed(const std::string& spec, std::int64_t total) {
  const Fixture fixture = Fixture::from_yaml(budget("b", spec));
  return disruptions_allowed(fixture.object(Kind::disruption_budget, "b"), total);
}

}  // namespace

// As the status of a budget over three Pods of Kubernetes 1.36.3 has it.
TEST_CASE("a budget lets as many go as its status would say") {
  CHECK(allowed("maxUnavailable: 1", 3) == 1);
  CHECK(allowed("maxUnavailable: 34%", 3) == 2);
  CHECK(allowed("maxUnavailable: 0%", 3) == 0);
  CHECK(allowed("minAvailable: 1", 3) == 2);
  CHECK(allowed("minAvailable: 66%", 3) == 1);
  CHECK(allowed("minAvailable: 67%", 3) == 0);
  CHECK(allowed("minAvailable: 5", 3) == 0);
  CHECK(allowed("", 3) == 0);
  CHECK_FALSE(allowed("minAvailable: most", 3).has_value());
}

TEST_CASE("a workload's budgets are those that select its Pods and stay") {
  const Fixture fixture = Fixture::from_yaml(
      "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {template: {metadata: "
      "{labels: {app: web, tier: data}}}}}\n---\n" +
      budget("z-all", "selector: {}") + budget("nobody", "maxUnavailable: 1") +
      budget("a-web", "selector: {matchLabels: {app: web}}") +
      budget("other", "selector: {matchLabels: {app: other}}") +
      budget("elsewhere", "selector: {}", ", namespace: elsewhere") +
      budget("going", "selector: {}", ", deletionTimestamp: '2026-11-20T10:00:00Z'"));
  std::string names;
  for (const Object* one : budgets_over(fixture.object(Kind::stateful_set, "web"), fixture.set))
    names += std::string(one->name) + " ";
  CHECK(names == "a-web z-all ");
}
