// Online this is never more than an audit note: installers create Services before and after sets,
// and the controller makes what is still missing.

#include <fmt/format.h>

#include "engine/injection.h"
#include "engine/names.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/service.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// A Service of that name in another namespace.
const Object* elsewhere(const Subject& subject, std::string_view name) {
  for (const Object& object : subject.set.objects()) {
    if (object.kind == Kind::service && object.name == name) return &object;
  }
  return nullptr;
}

bool names_namespace(const Object& object) {
  return !object.metadata()["namespace"].text().empty();
}

void judge_offline(const Subject& subject, std::string_view name, Findings& findings) {
  const Object* other = elsewhere(subject, name);
  Finding& finding = findings.add(
      "/spec/serviceName",
      other == nullptr ? fmt::format("there is no Service \"{}\" in namespace \"{}\"", name,
                                     subject.object.name_space)
                       : fmt::format("Service \"{}\" is in namespace \"{}\", its set in \"{}\"",
                                     name, other->name_space, subject.object.name_space));
  // Who applies both with --namespace may well put them into one.
  const bool may_meet =
      other != nullptr && names_namespace(*other) != names_namespace(subject.object);
  // Of one replica perhaps nobody wants the name.
  if (may_meet || max_replicas(subject.object, subject.set) <= 1)
    finding.at_most(EnforcementAction::warn);
}

void check(const Subject& subject, Findings& findings) {
  const std::string_view name = StatefulSet{subject.object}.service_name();
  // No Service can have another name: invalid-service-name says so.
  if (!is_dns_label(name) || governing_service_of(subject.object, subject.set) != nullptr) return;
  if (subject.point == EnforcementPoint::validate) {
    // What an operator made was read from a cluster; its Service it makes as well.
    if (!subject.object.controller().exists()) judge_offline(subject, name, findings);
    return;
  }
  const bool online = subject.point == EnforcementPoint::admission;
  // The webhook gave the name, so the controller makes the Service.
  if (online && is_injected(subject.object, "service-name")) return;
  findings
      .add("/spec/serviceName", fmt::format("there is no Service \"{}\" in namespace \"{}\"", name,
                                            subject.object.name_space))
      .at_most(online ? EnforcementAction::audit : EnforcementAction::warn);
}

}  // namespace

extern const Policy missing_governing_service;
constinit const Policy missing_governing_service{
    .id = "missing-governing-service",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::absence,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The Service that a StatefulSet names does not exist.",
    .reason =
        "The records <pod>.<service>.<namespace>.svc come from the Service that spec.serviceName "
        "names, and it must be of the set's own namespace. Nothing checks that it exists: the "
        "Pods run, and peers and clients find no name. It is noticed when the first of them looks "
        "another up.",
    .exceptions =
        "A set whose name the webhook injected, for the controller makes its Service; in files a "
        "set that another object controls, whose operator does. At admission "
        "it is only reported, since installers create Services later too; in an audit it is a "
        "warning, as it is with one replica at most and where only one of the two names its "
        "namespace.",
    .remedy =
        "add a headless Service (clusterIP: None) of that name beside the set, selecting its Pods",
    .sources =
        "StatefulSetSpec.serviceName (apps/v1): \"this service must exist before the "
        "StatefulSet\"\n"
        "Kubernetes documentation: DNS for Services and Pods",
    .check = check,
};

}  // namespace stateward::policies
