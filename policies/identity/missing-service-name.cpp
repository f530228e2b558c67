#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/service.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  if (!set.service_name().empty()) return;
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  Finding& finding =
      findings.add("/spec/serviceName",
                   fmt::format("no serviceName: none of its {} can be resolved by name",
                               replicas > 1 ? fmt::format("{} replicas", replicas) : "Pods"));
  if (replicas <= 1 || subject.object.name.empty()) finding.at_most(EnforcementAction::warn);
  // Peers are what the name is for.
  if (replicas <= 1) finding.severity = Severity::medium;
  // The field is immutable: of a set that exists it is only reported.
  if (subject.operation == Operation::update) finding.at_most(EnforcementAction::audit);
  const std::string service = proposed_service_name(subject.object, subject.kubernetes);
  const bool settable = subject.operation == Operation::create && !subject.object.name.empty();
  if (!settable || service.empty()) return;
  finding.with_fix(Fix::Applicability::unsafe, {{.op = PatchOperation::Op::add,
                                                 .path = "/spec/serviceName",
                                                 .value = fmt::format("\"{}\"", service)}});
}

}  // namespace

extern const Policy missing_service_name;
constinit const Policy missing_service_name{
    .id = "missing-service-name",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A StatefulSet names no governing Service.",
    .reason =
        "Without spec.serviceName the Pods get a hostname but no subdomain, so no record "
        "<pod>.<service>.<namespace>.svc exists for any of them, under whatever Service. Peers "
        "cannot find each other and clients cannot address one member. The field is immutable: "
        "it can only be set when the set is created.",
    .exceptions =
        "With one replica at most it is a warning, and of a set that exists it is only reported. "
        "Where injection is on, the webhook sets the name instead.",
    .remedy =
        "set spec.serviceName to a headless Service; for a set that exists, delete it with "
        "--cascade=orphan and create it again",
    .sources =
        "StatefulSetSpec.serviceName (apps/v1)\n"
        "k8s.io/endpointslice: an endpoint has a hostname only where pod.spec.subdomain names the "
        "Service",
    .check = check,
};

}  // namespace stateward::policies
