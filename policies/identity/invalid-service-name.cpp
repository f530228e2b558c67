#include <fmt/format.h>

#include "engine/names.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const std::string_view name = StatefulSet{subject.object}.service_name();
  if (name.empty() || is_dns_label(name)) return;
  const std::string_view refused =
      subject.kubernetes < KubernetesVersion{1, 33} ? "every Pod" : "the set";
  findings.add(
      "/spec/serviceName",
      name.size() > 63
          ? fmt::format("serviceName has {} characters, a DNS label at most 63: {} is refused",
                        name.size(), refused)
          : fmt::format("serviceName \"{}\" is no DNS label: {} is refused", name, refused));
}

}  // namespace

extern const Policy invalid_service_name;
constinit const Policy invalid_service_name{
    .id = "invalid-service-name",
    .section = "identity",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "The serviceName cannot be the name of a Service.",
    .reason =
        "It is copied into every Pod as its subdomain, which must be a DNS label, so every Pod "
        "is refused. Kubernetes 1.33 and later refuse the set itself.",
    .remedy =
        "use at most 63 lower-case letters, digits and dashes, beginning and ending with a "
        "letter or digit",
    .sources =
        "StatefulSetSpec.serviceName (apps/v1), PodSpec.subdomain (core/v1)\n"
        "kubernetes/kubernetes#130233; pkg/apis/apps/validation of v1.32.0 and v1.33.0",
    .check = check,
};

}  // namespace stateward::policies
