#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/service.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Read from a cluster, where every Service has a clusterIP, and written without it since: nobody
// writes a controller into a manifest. The inventory does not keep who controls a Service.
bool is_stripped(const Subject& subject, const Object& service) {
  return subject.point != EnforcementPoint::admission && service.controller().exists() &&
         service.spec()["clusterIP"].text().empty();
}

void check(const Subject& subject, Findings& findings) {
  const Object* found = governing_service_of(subject.object, subject.set);
  if (found == nullptr) return;
  const Service service{*found};
  if (service.is_headless() || service.is_external_name() || is_stripped(subject, *found)) return;
  Finding& finding = findings.add(
      "/spec/serviceName",
      fmt::format("Service \"{}\" is not headless (type {})", found->name, service.type()));
  // The one Pod is what the Service's own name leads to.
  if (max_replicas(subject.object, subject.set) <= 1) {
    finding.severity = Severity::low;
    finding.at_most(EnforcementAction::audit);
  }
  // Both fields are immutable: of a set that exists it is only reported.
  if (subject.operation == Operation::update) finding.at_most(EnforcementAction::audit);
}

}  // namespace

extern const Policy governing_service_not_headless;
constinit const Policy governing_service_not_headless{
    .id = "governing-service-not-headless",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The Service that governs a StatefulSet has a cluster IP.",
    .reason =
        "The Service's name is then one virtual address that balances over all members. Names of "
        "single members are promised for headless Services only: CoreDNS answers them here too, "
        "other cluster DNS does not, and no list of members can be looked up.",
    .exceptions =
        "In files a Service that another object controls and that has no clusterIP: what was read "
        "from a cluster had one. With one replica at most, and of a set that exists, it is only "
        "reported: serviceName and clusterIP are immutable.",
    .remedy =
        "keep this Service for clients, add a second one with clusterIP: None, and name that in "
        "serviceName when the set is created",
    .sources =
        "StatefulSetSpec.serviceName (apps/v1), ServiceSpec.clusterIP (core/v1)\n"
        "kubernetes/dns: Kubernetes DNS-Based Service Discovery, 2.4\n"
        "CoreDNS: the kubernetes plugin",
    .check = check,
};

}  // namespace stateward::policies
