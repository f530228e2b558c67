#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/service.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Labels that the controller sets, by which one member is told from the others.
bool picks_one_pod(std::string_view key) {
  return key == "statefulset.kubernetes.io/pod-name" || key == "apps.kubernetes.io/pod-index";
}

// Labels that failover managers set on running Pods: "role", "spilo-role", "app.example.com/role".
bool is_role(std::string_view key) {
  return key == "role" || key.ends_with("-role") || key.ends_with("/role");
}

bool is_set_by_controller(std::string_view key) {
  return std::find(kControllerLabels.begin(), kControllerLabels.end(), key) !=
         kControllerLabels.end();
}

struct Mismatch {
  std::string message;
  bool set_at_run_time = false;  // perhaps
};

std::optional<Mismatch> mismatch(const Subject& subject, const Object& service,
                                 std::string_view key, std::string_view value) {
  if (is_set_by_controller(key)) {
    if (!picks_one_pod(key) || max_replicas(subject.object, subject.set) <= 1) return std::nullopt;
    return Mismatch{fmt::format("Service \"{}\" selects one Pod: {}={}", service.name, key, value)};
  }
  const Node label = pod_labels_of(subject.object)[key];
  if (label.written() && label.text() == value) return std::nullopt;
  return Mismatch{
      fmt::format("Service \"{}\" selects {}={}, which the Pods lack", service.name, key, value),
      is_role(key) && !label.written()};
}

// The first label that tells for certain, else the first at all.
std::optional<Mismatch> mismatch(const Subject& subject, const Service& service) {
  std::optional<Mismatch> first;
  for (const auto& [key, value] : service.selector().members()) {
    auto found = mismatch(subject, service.object, key, value.text());
    if (found && (!first || (first->set_at_run_time && !found->set_at_run_time)))
      first = std::move(found);
  }
  return first;
}

void check(const Subject& subject, Findings& findings) {
  const Object* object = governing_service_of(subject.object, subject.set);
  if (object == nullptr) return;
  const Service service{*object};
  if (service.is_external_name()) return;
  if (service.selector().empty()) {
    findings
        .add("/spec/serviceName",
             fmt::format("Service \"{}\" has no selector: its endpoints are made by hand",
                         object->name))
        .as_info();
    return;
  }
  const auto found = mismatch(subject, service);
  if (!found) return;
  Finding& finding = findings.add("/spec/serviceName", found->message);
  const bool certain = subject.point == EnforcementPoint::validate && !found->set_at_run_time;
  if (!certain) finding.at_most(EnforcementAction::warn);
}

}  // namespace

extern const Policy governing_service_selector_mismatch;
constinit const Policy governing_service_selector_mismatch{
    .id = "governing-service-selector-mismatch",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The Service that governs a StatefulSet does not select its Pods.",
    .reason =
        "A member gets its name from the governing Service's endpoints, and those are the Pods "
        "that the selector matches. A label that the template does not carry leaves out all of "
        "them, and one Pod's own label all but that one.",
    .exceptions =
        "Labels that the controller sets. A Service without a selector is information: endpoints "
        "can be made by hand. A role label that the template does not mention may be set on "
        "running Pods and is a warning, and so is everything online, where Services can still "
        "change.",
    .remedy = "give the Service the set's spec.selector.matchLabels as its selector",
    .sources =
        "ServiceSpec.selector (core/v1)\n"
        "k8s.io/endpointslice: an endpoint has a hostname only where pod.spec.subdomain names the "
        "Service",
    .check = check,
};

}  // namespace stateward::policies
