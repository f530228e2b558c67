// The inventory keeps of every object what policies ask for, and no more: whatever an example says
// of a review with all that stands beside it, it says with what the inventory has kept of that.

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "cluster/inventory.h"
#include "engine/evaluate.h"
#include "engine/injection.h"
#include "policies/catalogue.h"
#include "test/unit/examples.h"

using namespace stateward;
using policies::Example;

namespace {

// What a cluster holds names its namespace.
Document stored(const Object& object) {
  std::string name_space;
  append_json_string(name_space, object.name_space);
  const Patch patch = is_cluster_scoped(object.kind)
                          ? Patch()
                          : set_member(object.node, "/metadata", "namespace", name_space);
  return apply_patch(object.node, patch).value();
}

// An inventory that was given `objects` as watches would.
std::unique_ptr<Inventory> inventory_of(const std::vector<const Object*>& objects) {
  const auto watched = watched_resources();
  auto inventory = std::make_unique<Inventory>(watched.size(), std::chrono::steady_clock::now);
  for (std::size_t i = 0; i < watched.size(); ++i) {
    Inventory::Feed feed(*inventory, watched[i], i);
    feed.begin_list();
    for (const Object* object : objects) {
      if (object->kind == watched[i].kind) feed.put(stored(*object).node());
    }
    feed.end_list();
  }
  return inventory;
}

std::string told(const std::vector<Finding>& findings) {
  std::string all;
  for (const Finding& finding : findings) {
    all += std::string(finding.policy->id) + " " + finding.path.text() + " " + finding.message +
           " " + std::string(to_string(finding.action)) + "\n";
  }
  return all;
}

void compare(const Example& example) {
  const ExampleFile file(example.text);
  if (!file.is_review()) return;
  CAPTURE(example.file);
  const auto inventory = inventory_of(file.objects());
  for (Subject subject : file.subjects()) {
    const ObjectSet kept = inventory->view(subject.object.name_space);
    const Subject online{.object = subject.object,
                         .old = subject.old,
                         .set = kept,
                         .operation = subject.operation,
                         .point = subject.point,
                         .request = subject.request,
                         .today = subject.today,
                         .kubernetes = subject.kubernetes};
    const auto all = policies::all_policies();
    CHECK(told(evaluate(all, online).findings) == told(evaluate(all, subject).findings));
    const auto injections = policies::all_injections();
    CHECK(to_json(mutate(injections, online)) == to_json(mutate(injections, subject)));
  }
}

}  // namespace

TEST_CASE("every review among the examples is answered alike from what the inventory keeps") {
  std::size_t reviews = 0;
  const auto each = [&](std::span<const Example> examples) {
    for (const Example& example : examples) {
      compare(example);
      reviews += ExampleFile(example.text).is_review() ? 1U : 0U;
    }
  };
  for (const auto& entry : policies::policy_entries_of_build()) each(entry.examples);
  for (const auto& entry : policies::injection_entries_of_build()) each(entry.examples);
  CHECK(reviews > 50);
}
