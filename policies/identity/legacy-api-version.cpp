#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/policy.h"

namespace stateward::policies {
namespace {

struct Removed {
  Kind kind = Kind::other;
  std::string_view api_version;
  KubernetesVersion since;  // the first release that does not serve it
  std::string_view successor;
};

constexpr std::array kRemoved = {
    Removed{Kind::stateful_set, "apps/v1beta1", {1, 16}, "apps/v1"},
    Removed{Kind::stateful_set, "apps/v1beta2", {1, 16}, "apps/v1"},
    Removed{Kind::disruption_budget, "policy/v1beta1", {1, 25}, "policy/v1"},
    Removed{Kind::autoscaler, "autoscaling/v2beta1", {1, 25}, "autoscaling/v2"},
    Removed{Kind::autoscaler, "autoscaling/v2beta2", {1, 26}, "autoscaling/v2"},
};

void check(const Subject& subject, Findings& findings) {
  const Object& object = subject.object;
  const auto* const found = std::find_if(kRemoved.begin(), kRemoved.end(), [&](const Removed& one) {
    return one.kind == object.kind && one.api_version == object.api_version;
  });
  if (found == kRemoved.end() || subject.kubernetes < found->since) return;
  findings
      .add("/apiVersion", fmt::format("{} is not served since Kubernetes {}.{}", object.api_version,
                                      found->since.major, found->since.minor))
      .remedy = fmt::format("write it as {}", found->successor);
}

}  // namespace

extern const Policy legacy_api_version;
constinit const Policy legacy_api_version{
    .id = "legacy-api-version",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set, Kind::disruption_budget, Kind::autoscaler},
    .operations = {Operation::create, Operation::update},
    .summary = "The object is written in an API version that is not served any more.",
    .reason =
        "Applying it fails: the API server does not know the kind by that name. Defaults differ "
        "too: a StatefulSet of apps/v1beta1 was OnDelete and took its selector from the template's "
        "labels, so it must be written anew and not just renamed.",
    .exceptions = "Releases of Kubernetes that serve it still.",
    .remedy = "write it in the version that is served",
    .sources =
        "Kubernetes deprecation guide: 1.16, 1.25, 1.26\n"
        "pkg/apis/apps/v1beta1/defaults.go, pkg/master/master.go (kubernetes/kubernetes v1.16.15)",
    .check = check,
};

}  // namespace stateward::policies
