#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/service.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const Object* service = governing_service_of(subject.object, subject.set);
  if (service == nullptr || !Service{*service}.is_external_name()) return;
  findings.add(
      "/spec/serviceName",
      fmt::format("Service \"{}\" is of type ExternalName: it has no Pods", service->name));
}

}  // namespace

extern const Policy external_name_governing_service;
constinit const Policy external_name_governing_service{
    .id = "external-name-governing-service",
    .section = "identity",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The Service that governs a StatefulSet is of type ExternalName.",
    .reason =
        "Such a Service is an alias of a name outside the cluster. It has no endpoints, so no "
        "member of the set gets a name, and the Service's own name leads elsewhere.",
    .exceptions = "",
    .remedy = "name a headless Service (clusterIP: None) that selects the set's Pods",
    .sources = "ServiceSpec.type, ServiceSpec.externalName (core/v1)",
    .check = check,
};

}  // namespace stateward::policies
