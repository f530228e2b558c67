// The name is set at admission, for it is immutable; the Service is made here, once the set is
// stored, from the set that is stored. Created at admission it would have an owner that the garbage
// collector cannot find, and would take the set's claims with it into the cache of absent owners.
//
// The Service is headless, publishes unready addresses (members find each other before they are
// ready), selects what the sets select, and names the ports of their containers, for SRV records; a
// headless Service translates none. The sets own it, so that it goes with the last of them, but
// without blockOwnerDeletion and not as controllers.

#include "cluster/governing_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "engine/decide.h"
#include "engine/injection.h"
#include "engine/names.h"
#include "engine/timestamp.h"
#include "engine/workload.h"

namespace stateward {
namespace {

using Json = nlohmann::json;
using Labels = std::map<std::string, std::string>;

constexpr std::size_t kMessageLength = 1000;  // an Event's may have 1,024

bool governs_itself(const Object& object, const ObjectSet& set, const Settings* settings) {
  return !object.being_deleted() && !object.controller().exists() &&
         !StatefulSet{object}.service_name().empty() &&
         injection_wanted(object, set, "service-name", settings);
}

// Service selectors know only equality. Of a set that selects by expressions alone, the template's
// labels under their keys.
Labels selector_of(const Object& object) {
  const StatefulSet set{object};
  Labels labels;
  for (const auto [key, value] : set.spec()["selector"]["matchLabels"].members())
    labels.emplace(key, value.text());
  if (!labels.empty()) return labels;
  for (const Node expression : set.spec()["selector"]["matchExpressions"].items()) {
    const std::string_view key = expression["key"].text();
    const Node value = set.pod_labels()[key];
    if (value.exists()) labels.emplace(key, value.text());
  }
  return labels;
}

Labels selector_of(const std::vector<const Object*>& sets) {
  Labels common = selector_of(*sets.front());
  for (const Object* set : sets) {
    const Labels other = selector_of(*set);
    std::erase_if(common, [&](const auto& label) {
      const auto found = other.find(label.first);
      return found == other.end() || found->second != label.second;
    });
  }
  return common;
}

class Ports {
 public:
  void add(Node port) {
    const std::int64_t number = port["containerPort"].integer(0);
    const std::string protocol(non_empty(port["protocol"], "TCP"));
    if (number < 1 || number > 65'535 || !seen_.emplace(number, protocol).second) return;
    std::string name(port["name"].text());
    std::string lower = protocol;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!is_dns_label(name)) name = fmt::format("{}-{}", lower, number);
    // Names are told apart, as a Service wants it.
    if (names_.contains(name)) name = fmt::format("{}-{}", name, number);
    if (names_.contains(name)) name = fmt::format("{}-{}", name, lower);
    while (!names_.insert(name).second) name += "-2";
    all_.push_back(
        {{"name", name}, {"port", number}, {"targetPort", number}, {"protocol", protocol}});
  }
  Json take() { return std::move(all_); }

 private:
  std::set<std::pair<std::int64_t, std::string>> seen_;
  std::set<std::string> names_;
  Json all_ = Json::array();
};

Json ports_of(const std::vector<const Object*>& sets) {
  Ports ports;
  for (const Object* set : sets) {
    for (const Container& container : pod_spec_of(*set).containers()) {
      if (!container.long_running()) continue;
      for (const Node port : container.node["ports"].items()) ports.add(port);
    }
  }
  return ports.take();
}

Json owners_of(const std::vector<const Object*>& sets) {
  Json owners = Json::array();
  for (const Object* set : sets) {
    owners.push_back({{"apiVersion", "apps/v1"},
                      {"kind", "StatefulSet"},
                      {"name", set->name},
                      {"uid", set->metadata()["uid"].text()},
                      {"blockOwnerDeletion", false}});
  }
  return owners;
}

Json labels_of(const std::vector<const Object*>& sets) {
  return {{kManagedByLabel, kManager}, {kGovernsLabel, sets.front()->name}};
}

Json service_of(const ServiceStep& step, std::string_view name_space, const Labels& selector) {
  Json spec = {{"clusterIP", "None"},
               {"publishNotReadyAddresses", true},
               {"selector", selector},
               {"type", "ClusterIP"}};
  if (Json ports = ports_of(step.sets); !ports.empty()) spec["ports"] = std::move(ports);
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata",
           {{"name", step.name},
            {"namespace", name_space},
            {"labels", labels_of(step.sets)},
            {"ownerReferences", owners_of(step.sets)}}},
          {"spec", std::move(spec)}};
}

bool is_ours(const Object& service) { return is_our_service(service.node); }

bool same_selector(Node selector, const Labels& wanted) {
  if (selector.size() != wanted.size()) return false;
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    return selector[std::string_view(label.first)].text() == label.second;
  });
}

bool same_ports(Node ports, const Json& wanted) {
  if (ports.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Node port = ports[i];
    if (port["name"].text() != wanted[i]["name"].get<std::string>() ||
        port["port"].integer(0) != wanted[i]["port"].get<std::int64_t>() ||
        non_empty(port["protocol"], "TCP") != wanted[i]["protocol"].get<std::string>())
      return false;
  }
  return true;
}

bool owned_by_all(const Object& service, const std::vector<const Object*>& sets) {
  const auto owners = service.metadata()["ownerReferences"].items();
  return std::all_of(sets.begin(), sets.end(), [&](const Object* set) {
    return std::any_of(owners.begin(), owners.end(), [&](Node owner) {
      return owner["uid"].text() == set->metadata()["uid"].text();
    });
  });
}

// What is wrong with a Service of somebody else; empty where it does what the sets need.
std::pair<std::string_view, std::string> complaint(const Object& service,
                                                   const std::vector<const Object*>& sets) {
  const Node spec = service.spec();
  if (spec["type"].text() == "ExternalName") {
    return {"GoverningServiceIsExternalName",
            fmt::format("Service \"{}\" is an ExternalName: no Pod can be resolved under it",
                        service.name)};
  }
  if (spec["clusterIP"].text() != "None") {
    return {"GoverningServiceNotHeadless",
            fmt::format("Service \"{}\" is not headless, and a Service cannot be made so; add a "
                        "second one with clusterIP: None and name that in a new set",
                        service.name)};
  }
  const Node selector = spec["selector"];
  for (const Object* set : sets) {
    const Node labels = pod_labels_of(*set);
    for (const auto [key, value] : selector.members()) {
      const bool by_controller = std::find(kControllerLabels.begin(), kControllerLabels.end(),
                                           key) != kControllerLabels.end();
      if (by_controller || labels[key].text() == value.text()) continue;
      return {"GoverningServiceSelectsOthers",
              fmt::format("Service \"{}\" selects {}={}, which the Pods of set \"{}\" are not "
                          "labelled with",
                          service.name, key, value.text(), set->name)};
    }
  }
  return {};
}

void judge_foreign(const Object& service, ServiceStep& step) {
  if (service.being_deleted()) return;  // another may come in its place
  auto [reason, message] = complaint(service, step.sets);
  if (reason.empty()) return;
  step.action = ServiceStep::Action::report;
  step.reason = reason;
  step.message = printable(message, kMessageLength);
}

void judge_own(const Object& service, const Labels& selector, std::string_view name_space,
               ServiceStep& step) {
  const Json wanted = service_of(step, name_space, selector);
  const Json ports = wanted["spec"].value("ports", Json::array());
  if (!has_other_owner(service.node) && owned_by_all(service, step.sets) &&
      service.label(kGovernsLabel) == step.sets.front()->name &&
      same_selector(service.spec()["selector"], selector) &&
      same_ports(service.spec()["ports"], ports))
    return;
  step.action = ServiceStep::Action::update;
  // null: ports that nobody declares any more are taken away, and so are keys of the selector.
  Json patch = {{"metadata", wanted["metadata"]}, {"spec", {{"selector", selector}}}};
  patch["spec"]["ports"] = ports.empty() ? Json() : ports;
  for (const auto [key, value] : service.spec()["selector"].members()) {
    if (!selector.contains(std::string(key))) patch["spec"]["selector"][std::string(key)] = nullptr;
  }
  step.body = patch.dump();
}

void judge_missing(std::string_view name_space, const Labels& selector,
                   std::chrono::sys_seconds now, ServiceStep& step) {
  std::chrono::sys_seconds due{};
  const bool injected = std::any_of(step.sets.begin(), step.sets.end(), [](const Object* set) {
    return is_injected(*set, "service-name");
  });
  for (const Object* set : step.sets) {
    const std::chrono::sys_seconds made{std::chrono::seconds(created_at(*set).value_or(0))};
    // By a clock that is far behind it would be due for as long as that: nothing is known then.
    if (!injected && made <= now + kLeftToInstallers) due = std::max(due, made + kLeftToInstallers);
  }
  step.due = due;
  step.action = step.due > now ? ServiceStep::Action::wait : ServiceStep::Action::create;
  step.body = service_of(step, name_space, selector).dump();
}

}  // namespace

std::vector<ServiceStep> govern(std::string_view name_space, const ObjectSet& set,
                                std::chrono::sys_seconds now, const Settings* settings) {
  std::map<std::string_view, std::vector<const Object*>> by_service;
  for (const Object* object : set.all(Kind::stateful_set, name_space)) {
    if (governs_itself(*object, set, settings))
      by_service[StatefulSet{*object}.service_name()].push_back(object);
  }
  std::vector<ServiceStep> steps;
  for (auto& [name, sets] : by_service) {
    ServiceStep step{.name = std::string(name), .sets = std::move(sets)};
    const Object* service = set.find(Kind::service, name_space, name);
    const Labels selector = selector_of(step.sets);
    if (service != nullptr && !is_ours(*service)) {
      judge_foreign(*service, step);
    } else if (selector.empty()) {
      step.action = ServiceStep::Action::report;
      step.reason = "GoverningServiceNotMade";
      step.message = printable(
          fmt::format("no Service \"{}\" is made: a Service selects by equal labels, and the sets "
                      "that name it have none in common",
                      name),
          kMessageLength);
    } else if (service == nullptr) {
      judge_missing(name_space, selector, now, step);
    } else if (!service->being_deleted()) {
      judge_own(*service, selector, name_space, step);
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

bool is_our_service(Node service) {
  const Node labels = service["metadata"]["labels"];
  return labels[kManagedByLabel].text() == kManager && !labels[kGovernsLabel].text().empty();
}

bool has_other_owner(Node service) {
  const auto managers = service["metadata"]["managedFields"].items();
  return std::any_of(managers.begin(), managers.end(), [](Node entry) {
    return entry["manager"].text() != kManager && entry["subresource"].text().empty() &&
           entry["fieldsV1"]["f:spec"].exists();
  });
}

std::string letting_go(Node service) {
  Json owners = Json::array();
  for (const Node owner : service["metadata"]["ownerReferences"].items()) {
    if (owner["kind"].text() != "StatefulSet") owners.push_back(Json::parse(to_json(owner)));
  }
  const Json patch = {{"metadata",
                       {{"resourceVersion", service["metadata"]["resourceVersion"].text()},
                        {"labels", {{kManagedByLabel, nullptr}, {kGovernsLabel, nullptr}}},
                        {"ownerReferences", owners}}}};
  return patch.dump();
}

}  // namespace stateward
