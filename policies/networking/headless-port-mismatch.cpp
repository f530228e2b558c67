#include <fmt/format.h>

#include <optional>

#include "engine/policy.h"
#include "engine/service.h"

namespace stateward::policies {
namespace {

struct Mismatch {
  Path path;
  std::string message;
};

// One port here and one there, and they differ. Of several, those for peers are often not declared.
bool may_be_meant(const Service& service, const PodSpec& pod) {
  return service.ports().size() == 1 && declared_ports(pod) == 1;
}

std::optional<Mismatch> mismatch(const Service& service, const ServicePort& port,
                                 const Object& set) {
  const PodSpec pod = StatefulSet{set}.pod_spec();
  const Node target = port.target();
  // A name that leads nowhere is unknown-target-port's.
  const auto number =
      target.is_text() ? port_named(pod, target.text(), port.protocol()) : target.integer();
  if (!number || declared_ports(pod) == 0 || declares_port(pod, port.number(), port.protocol()))
    return std::nullopt;
  if (*number != port.number()) {
    return Mismatch{port.path() / "port",
                    fmt::format("headless Service \"{}\" does not lead port {} to port {} of "
                                "StatefulSet \"{}\"",
                                service.object.name, port.number(), *number, set.name)};
  }
  if (!may_be_meant(service, pod)) return std::nullopt;
  return Mismatch{port.path() / "port",
                  fmt::format("the only port that StatefulSet \"{}\" declares is not {}/{}",
                              set.name, port.number(), port.protocol())};
}

void check(const Subject& subject, Findings& findings) {
  const Service service{subject.object};
  if (!service.is_headless()) return;
  for (const ServicePort& port : service.ports()) {
    for (const Object* set : subject.set.all(Kind::stateful_set, subject.object.name_space)) {
      if (set->being_deleted() || !service.selects(*set)) continue;
      auto found = mismatch(service, port, *set);
      if (!found) continue;
      findings.add(std::move(found->path), std::move(found->message));
      break;
    }
  }
}

}  // namespace

extern const Policy headless_port_mismatch;
constinit const Policy headless_port_mismatch{
    .id = "headless-port-mismatch",
    .section = "networking",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::service},
    .operations = {Operation::create, Operation::update},
    .summary = "A headless Service names a port at which its Pods do not listen.",
    .reason =
        "A headless Service has no address of its own and translates nothing: its name and those "
        "of its members lead to the Pods themselves. Who asks for web-0.web:80 gets port 80 of "
        "that Pod, whatever targetPort says; only SRV records tell the real number.",
    .exceptions =
        "Containers that declare no port at all; a port that is declared, though the Service leads "
        "elsewhere; several ports of which some are led to their own number and not declared, as "
        "those for peers often are.",
    .remedy = "give port the number at which the containers listen",
    .sources =
        "ServicePort (core/v1)\n"
        "kubernetes/dns: Kubernetes DNS-Based Service Discovery, 2.4",
    .check = check,
};

}  // namespace stateward::policies
