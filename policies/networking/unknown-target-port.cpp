#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/service.h"

namespace stateward::policies {
namespace {

constexpr Kind kOthers[] = {Kind::deployment, Kind::daemon_set, Kind::replica_set,
                            Kind::replication_controller, Kind::pod};

// Whether some other workload that it selects has the port.
bool others_have_it(const Service& service, const ServicePort& port, const ObjectSet& set) {
  return std::any_of(std::begin(kOthers), std::end(kOthers), [&](Kind kind) {
    const auto workloads = set.all(kind, service.object.name_space);
    return std::any_of(workloads.begin(), workloads.end(), [&](const Object* workload) {
      return service.selects(*workload) &&
             port_named(pod_spec_of(*workload), port.target().text(), port.protocol());
    });
  });
}

void judge(const Subject& subject, const Service& service, const ServicePort& port,
           Findings& findings) {
  const std::string_view name = port.target().text();
  const Object* without = nullptr;
  for (const Object* set : subject.set.all(Kind::stateful_set, service.object.name_space)) {
    if (set->being_deleted() || !service.selects(*set)) continue;
    if (port_named(StatefulSet{*set}.pod_spec(), name, port.protocol())) return;
    if (without == nullptr) without = set;
  }
  if (without == nullptr || others_have_it(service, port, subject.set)) return;
  findings.add(
      port.path() / "targetPort",
      fmt::format("StatefulSet \"{}\" has no {} port named \"{}\", so nothing answers here",
                  without->name, port.protocol(), name));
}

void check(const Subject& subject, Findings& findings) {
  const Service service{subject.object};
  if (service.is_external_name()) return;
  for (const ServicePort& port : service.ports()) {
    if (port.target().is_text()) judge(subject, service, port, findings);
  }
}

}  // namespace

extern const Policy unknown_target_port;
constinit const Policy unknown_target_port{
    .id = "unknown-target-port",
    .section = "networking",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::service},
    .operations = {Operation::create, Operation::update},
    .summary = "A Service leads to a named port that no container of its set declares.",
    .reason =
        "A name is looked up among the ports that the containers declare, with its protocol. Where "
        "it is not found, the endpoints lack the port: connections to it are refused, and of a "
        "headless Service the SRV record is missing. Nothing says so.",
    .exceptions =
        "A number as targetPort, for what listens need not be declared; a name that another "
        "workload behind the Service declares.",
    .remedy = "name the port in the container as targetPort does, or give targetPort the number",
    .sources =
        "ServicePort.targetPort, ContainerPort.name (core/v1)\n"
        "k8s.io/endpointslice v0.36.3: FindPort, getEndpointPorts",
    .check = check,
};

}  // namespace stateward::policies
