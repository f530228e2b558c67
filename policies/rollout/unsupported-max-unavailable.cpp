// Told of files only where the field would be dropped: an API server drops it before it asks its
// validating webhooks, so one that still sends it has the feature turned on.

#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/scaled.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr KubernetesVersion kOffAgain{1, 35, 4};
constexpr KubernetesVersion kOnForGood{1, 37, 0};

std::string shown(KubernetesVersion version) {
  return version.patch == 0 ? fmt::format("{}.{}", version.major, version.minor)
                            : fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

std::string shown(Node wanted) {
  return wanted.is_integer() ? fmt::format("{}", wanted.integer(0)) : std::string(wanted.text());
}

// Whether it makes any difference, counted as the controller does. Without replicas nobody knows
// how many there are to be.
bool asks_for_several(const Subject& subject, Node wanted) {
  const bool unknown = !subject.object.spec()["replicas"].exists() &&
                       autoscaler_of(subject.object, subject.set) == nullptr;
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  const std::int64_t at_once = scaled(wanted, replicas, Round::down).value_or(1);
  return (unknown ? at_once : std::min(at_once, replicas)) > 1;
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const Node wanted = set.spec()["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
  if (subject.kubernetes >= kOnForGood || set.update_strategy() != "RollingUpdate") return;
  if (!asks_for_several(subject, wanted)) return;
  const Path path = "/spec/updateStrategy/rollingUpdate/maxUnavailable";
  const std::string version = shown(subject.kubernetes);
  if (drops_max_unavailable(subject.kubernetes)) {
    if (subject.point != EnforcementPoint::validate) return;
    findings.add(
        path, fmt::format("Kubernetes {} drops maxUnavailable {}: members are updated one by one",
                          version, shown(wanted)));
  } else if (set.pod_management_policy() == "Parallel") {
    findings.add(
        path,
        fmt::format("Kubernetes {} counts broken members into maxUnavailable {}: none of them "
                    "may be updated",
                    version, shown(wanted)));
  } else {
    findings
        .add(path, fmt::format("maxUnavailable {} is dropped again from Kubernetes {} on",
                               shown(wanted), shown(kOffAgain)))
        .as_info();
  }
}

}  // namespace

extern const Policy unsupported_max_unavailable;
constinit const Policy unsupported_max_unavailable{
    .id = "unsupported-max-unavailable",
    .section = "rollout",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The release of Kubernetes does not do what maxUnavailable asks for.",
    .reason =
        "The field belongs to a feature that is off by default up to 1.34, on in 1.35.0 to 1.35.3, "
        "off again in 1.35.4 and 1.36, and on from 1.37. Where it is off the field is dropped "
        "without a word, and an update that was to replace several members at a time takes them "
        "one by one. 1.35.0 to 1.35.3 count broken members of the old revision, too: with "
        "podManagementPolicy Parallel the update that would mend them waits for them.",
    .exceptions =
        "A value that comes to 1, which is what happens anyway; Kubernetes 1.37 and later. A set "
        "that an API server sends or keeps: it would have dropped the field, so the feature was "
        "turned on there. OrderedReady in 1.35.0 to 1.35.3 is only mentioned (severity info).",
    .remedy = "leave it out, or turn on the feature gate MaxUnavailableStatefulSet",
    .sources =
        "RollingUpdateStatefulSetStrategy.maxUnavailable (apps/v1), KEP-961\n"
        "kubernetes/kubernetes#137409, #137666, #137904, #137926, #139466\n"
        "pkg/features of kubernetes/kubernetes v1.34.0, v1.35.3, v1.35.4, v1.36.3, v1.37.1; "
        "pkg/registry/apps/statefulset: dropStatefulSetDisabledFields",
    .check = check,
};

}  // namespace stateward::policies
