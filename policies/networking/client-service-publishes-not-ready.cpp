#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "engine/policy.h"
#include "engine/service.h"

namespace stateward::policies {
namespace {

bool governs(const Service& service, std::span<const Object* const> sets) {
  return std::any_of(sets.begin(), sets.end(), [&](const Object* set) {
    return StatefulSet{*set}.service_name() == service.object.name;
  });
}

bool has_port(const Service& service, const ServicePort& port) {
  const auto ports = service.ports();
  return std::any_of(ports.begin(), ports.end(), [&](const ServicePort& other) {
    return other.number() == port.number() && other.protocol() == port.protocol();
  });
}

// Clients have an address that leads to the same ports of the same members where those are ready:
// who made two of them means the difference.
bool has_ready_twin(const Service& service, const ObjectSet& set) {
  const auto services = set.all(Kind::service, service.object.name_space);
  return std::any_of(services.begin(), services.end(), [&](const Object* object) {
    const Service other{*object};
    const auto ports = service.ports();
    return !other.is_external_name() && !other.is_headless() && !other.publishes_not_ready() &&
           !object->being_deleted() && equal(other.selector(), service.selector()) &&
           std::all_of(ports.begin(), ports.end(),
                       [&](const ServicePort& port) { return has_port(other, port); });
  });
}

void check(const Subject& subject, Findings& findings) {
  const Service service{subject.object};
  const auto sets = subject.set.all(Kind::stateful_set, subject.object.name_space);
  if (service.is_external_name() || governs(service, sets)) return;
  const auto selected = std::find_if(sets.begin(), sets.end(), [&](const Object* set) {
    return !set->being_deleted() && service.selects(*set);
  });
  if (selected == sets.end()) return;
  if (service.tolerates_unready_endpoints() && !service.publishes_not_ready() &&
      subject.kubernetes >= KubernetesVersion{1, 24}) {
    findings
        .add("/metadata/annotations/service.alpha.kubernetes.io~1tolerate-unready-endpoints",
             "the annotation has no effect since Kubernetes 1.24")
        .remedy =
        "remove it; where members must be found before they are ready, set "
        "publishNotReadyAddresses";
  }
  if (!service.publishes_not_ready() || service.is_for_peers() ||
      has_ready_twin(service, subject.set))
    return;
  findings.add("/spec/publishNotReadyAddresses",
               fmt::format("clients are sent to members of StatefulSet \"{}\" that are not ready",
                           (*selected)->name));
}

}  // namespace

extern const Policy client_service_publishes_not_ready;
constinit const Policy client_service_publishes_not_ready{
    .id = "client-service-publishes-not-ready",
    .section = "networking",
    .severity = Severity::low,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .needs = Needs::siblings,
    .kinds = {Kind::service},
    .operations = {Operation::create, Operation::update},
    .summary = "A Service for clients sends them to members that are not ready.",
    .reason =
        "publishNotReadyAddresses is for members that must find each other while they start. On a "
        "Service with an address of its own it makes readiness probes count for nothing: "
        "connections go to members that start, recover or are about to stop. The annotation "
        "tolerate-unready-endpoints, which asked for the same, does nothing any more.",
    .exceptions =
        "Headless Services, those that govern a set, those that select one member, and those "
        "beside "
        "another one that leads clients to the same ports of members that are ready. Some servers "
        "mean it: a sealed vault must be reached to be unsealed.",
    .remedy = "remove publishNotReadyAddresses here, and set it on the governing Service",
    .sources =
        "ServiceSpec.publishNotReadyAddresses (core/v1)\n"
        "k8s.io/endpointslice v0.36.3: podToEndpoint\n"
        "kubernetes/kubernetes#108020 (the annotation)",
    .check = check,
};

}  // namespace stateward::policies
