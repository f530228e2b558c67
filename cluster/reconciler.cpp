#include "cluster/reconciler.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cluster/api_kind.h"
#include "cluster/disruption_budget.h"
#include "engine/injection.h"
#include "engine/retention.h"
#include "engine/timestamp.h"

namespace stateward {
namespace {

using Json = nlohmann::json;

constexpr Resource kEvents{"", "v1", "events"};
constexpr std::size_t kMostTold = 10'000;

// FNV-1a: a name for what an Event says, the same after a restart.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1'099'511'628'211ULL;
  }
  return hash;
}

// The labels that a claim lacks or has otherwise, as a merge patch; empty where it has them all.
std::string missing_labels(const Object& claim, const ObjectSet& set, const Settings* settings) {
  const auto wanted = retention_labels(claim, set);
  if (!wanted) return {};
  const Object* owner = set.find(Kind::stateful_set, claim.name_space, wanted->front().value);
  if (owner == nullptr || !injection_wanted(*owner, set, "retention-labels", settings)) return {};
  Json labels = Json::object();
  for (const ClaimLabel& label : *wanted) {
    if (claim.label(label.key) != label.value) labels[std::string(label.key)] = label.value;
  }
  return labels.empty() ? std::string() : Json{{"metadata", {{"labels", labels}}}}.dump();
}

}  // namespace

Reconciler::Outcome Reconciler::reconcile(const std::string& name_space, const ObjectSet& set,
                                          std::chrono::sys_seconds now, const Settings* settings) {
  Outcome outcome;
  const Object* itself = set.find(Kind::name_space, {}, name_space);
  if (itself == nullptr || itself->being_deleted()) return outcome;
  for (const ServiceStep& step : govern(name_space, set, now, settings)) {
    if (step.action == ServiceStep::Action::wait) {
      outcome.look_again = std::min(outcome.look_again.value_or(step.due), step.due);
    } else if (!govern_by(step, name_space, now)) {
      outcome.failed = true;
    }
  }
  outcome.failed |= !label_claims(name_space, set, settings);
  if (options_.disruption_budgets) outcome.failed |= !keep_budgets(name_space, set, settings);
  return outcome;
}

bool Reconciler::done(const ApiResult<void>& result, std::string_view what) {
  say_(result ? fmt::format("{}", what) : fmt::format("{}: {}", what, result.error().message));
  return result.has_value();
}

template <typename T>
bool Reconciler::done(const ApiResult<T>& result, std::string_view what) {
  if (result) return done(ApiResult<void>(), what);
  return done(ApiResult<void>(tl::unexpected(result.error())), what);
}

bool Reconciler::govern_by(const ServiceStep& step, const std::string& name_space,
                           std::chrono::sys_seconds now) {
  switch (step.action) {
    case ServiceStep::Action::create:
      return create_service(step, name_space, now);
    case ServiceStep::Action::update:
      return update_service(step, name_space);
    case ServiceStep::Action::report:
      tell(step, step.reason, step.message, name_space, now);
      return true;
    case ServiceStep::Action::none:
    case ServiceStep::Action::wait:
      return true;
  }
  return true;
}

bool Reconciler::create_service(const ServiceStep& step, const std::string& name_space,
                                std::chrono::sys_seconds now) {
  if (!may_act_()) return false;
  const auto created = client_.create(api::kServices.resource, name_space, step.body);
  // Somebody was faster: what is there now is looked at when the inventory has seen it.
  if (!created && created.error().conflict()) return true;
  if (!created && created.error().status == 422) {
    tell(step, "GoverningServiceNotMade", created.error().message, name_space, now);
    return true;
  }
  return done(created, fmt::format("created Service {}/{}", name_space, step.name));
}

// The live Service is looked at first: whose spec another manager writes is let go.
bool Reconciler::update_service(const ServiceStep& step, const std::string& name_space) {
  const auto live = client_.get(api::kServices.resource, name_space, step.name);
  if (!live) return live.error().not_found();
  if (!may_act_()) return false;
  const Node service = live->node();
  // Somebody may have put another in its place since the inventory saw it.
  if (!is_our_service(service) || service["metadata"]["deletionTimestamp"].exists()) return true;
  const std::string where = fmt::format("Service {}/{}", name_space, step.name);
  if (has_other_owner(service)) {
    return done(client_.patch(api::kServices.resource, name_space, step.name, PatchType::merge,
                              letting_go(service)),
                fmt::format("let go of {}, which another manager writes", where));
  }
  Json patch = Json::parse(step.body);
  patch["metadata"]["resourceVersion"] = service["metadata"]["resourceVersion"].text();
  for (const Node owner : service["metadata"]["ownerReferences"].items()) {
    if (owner["kind"].text() != "StatefulSet")
      patch["metadata"]["ownerReferences"].push_back(Json::parse(to_json(owner)));
  }
  return done(
      client_.patch(api::kServices.resource, name_space, step.name, PatchType::merge, patch.dump()),
      fmt::format("updated {}", where));
}

bool Reconciler::label_claims(const std::string& name_space, const ObjectSet& set,
                              const Settings* settings) {
  bool good = true;
  for (const Object* claim : set.all(Kind::claim, name_space)) {
    if (claim->being_deleted()) continue;
    const std::string patch = missing_labels(*claim, set, settings);
    if (patch.empty()) continue;
    if (!may_act_()) return false;
    const auto patched =
        client_.patch(api::kClaims.resource, name_space, claim->name, PatchType::merge, patch);
    if (!patched && patched.error().not_found()) continue;
    good &= done(patched, fmt::format("labelled claim {}/{}", name_space, claim->name));
  }
  return good;
}

bool Reconciler::keep_budgets(const std::string& name_space, const ObjectSet& set,
                              const Settings* settings) {
  bool good = true;
  for (const BudgetStep& step : budget_steps(name_space, set, settings)) {
    if (!may_act_()) return false;
    const std::string where = fmt::format("PodDisruptionBudget {}/{}", name_space, step.name);
    if (step.remove_uid.empty()) {
      const auto created = client_.create(api::kBudgets.resource, name_space, step.body);
      if (!created && created.error().conflict()) continue;
      good &= done(created, fmt::format("created {}", where));
    } else {
      good &= done(client_.remove(api::kBudgets.resource, name_space, step.name, step.remove_uid),
                   fmt::format("removed {}, for another covers the Pods", where));
    }
  }
  return good;
}

// An Event for each set, named after what it says: the API server refuses it a second time, and
// forgets it after an hour.
void Reconciler::tell(const ServiceStep& step, std::string_view reason, std::string_view message,
                      const std::string& name_space, std::chrono::sys_seconds now) {
  const std::string time = to_timestamp(now.time_since_epoch().count());
  for (const Object* set : step.sets) {
    const std::string_view uid = set->metadata()["uid"].text();
    const std::string name = fmt::format("{}.{:016x}", set->name,
                                         hash_of(fmt::format("{} {} {}", uid, reason, message)));
    if (told_.size() >= kMostTold) told_.clear();
    if (told_.contains(name_space + "/" + name) || !may_act_()) continue;
    const Json event = {{"apiVersion", "v1"},
                        {"kind", "Event"},
                        {"metadata", {{"name", name}, {"namespace", name_space}}},
                        {"involvedObject",
                         {{"apiVersion", "apps/v1"},
                          {"kind", "StatefulSet"},
                          {"namespace", name_space},
                          {"name", set->name},
                          {"uid", uid}}},
                        {"type", "Warning"},
                        {"reason", reason},
                        {"message", message},
                        {"source", {{"component", "stateward"}}},
                        {"reportingComponent", "stateward"},
                        {"firstTimestamp", time},
                        {"lastTimestamp", time},
                        {"count", 1}};
    const auto sent = client_.create(kEvents, name_space, event.dump());
    // What the API server has heard, and refused or not, is not said again.
    if (sent || sent.error().status / 100 == 4) told_.insert(name_space + "/" + name);
    if (sent || !sent.error().conflict())
      static_cast<void>(done(sent, fmt::format("said of StatefulSet {}/{}: {}: {}", name_space,
                                               set->name, reason, message)));
  }
}

}  // namespace stateward
