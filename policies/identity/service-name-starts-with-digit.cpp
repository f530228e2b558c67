#include <fmt/format.h>

#include "engine/names.h"
#include "engine/policy.h"
#include "engine/service.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// The Service that is there in a cluster, whatever its release: the feature gate was turned on.
bool cluster_allows_it(const Subject& subject) {
  return subject.point != EnforcementPoint::validate &&
         governing_service_of(subject.object, subject.set) != nullptr;
}

void check(const Subject& subject, Findings& findings) {
  const std::string_view name = StatefulSet{subject.object}.service_name();
  if (!is_dns_label(name) || is_service_name(name, subject.kubernetes)) return;
  if (cluster_allows_it(subject)) return;
  findings.add("/spec/serviceName",
               fmt::format("before Kubernetes 1.36 no Service can have the name \"{}\"", name));
}

}  // namespace

extern const Policy service_name_starts_with_digit;
constinit const Policy service_name_starts_with_digit{
    .id = "service-name-starts-with-digit",
    .section = "identity",
    .severity = Severity::medium,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary =
        "The serviceName begins with a digit, which Services before Kubernetes 1.36 may not.",
    .reason =
        "The set is taken and its Pods run, but the Service that gives them their names is "
        "refused: "
        "until 1.36 the name of a Service must begin with a letter. serviceName cannot be changed "
        "later.",
    .exceptions =
        "Kubernetes 1.36 and later; a cluster that holds the Service, for it has turned the "
        "feature gate on.",
    .remedy = "name the Service, and serviceName, so that they begin with a letter",
    .sources =
        "KEP-5311: RelaxedServiceNameValidation, alpha and off in 1.34, on from 1.36\n"
        "pkg/features and pkg/apis/core/validation of kubernetes/kubernetes v1.34.0, v1.36.3\n"
        "RFC 1035, 2.3.1",
    .check = check,
};

}  // namespace stateward::policies
