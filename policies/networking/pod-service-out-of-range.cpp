#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/service.h"

namespace stateward::policies {
namespace {

constexpr std::string_view kPodName = "statefulset.kubernetes.io/pod-name";

bool ends_in_ordinal(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  return dash != std::string_view::npos && dash > 0 &&
         ordinal_of(name, name.substr(0, dash)).has_value();
}

std::string window_of(const Object& set, std::int64_t replicas) {
  const std::int64_t first = StatefulSet{set}.first_ordinal();
  return replicas == 1 ? fmt::format("only member {}", first)
                       : fmt::format("members {} to {}", first, first + replicas - 1);
}

void check(const Subject& subject, Findings& findings) {
  const Object& service = subject.object;
  const std::string_view pod = Service{service}.selector()[kPodName].text();
  if (pod.empty() || subject.set.find(Kind::pod, service.name_space, pod) != nullptr) return;
  const Path path = Path("/spec/selector") / kPodName;
  if (!ends_in_ordinal(pod)) {
    findings.add(path, fmt::format("no set gives a member the name \"{}\"", pod));
    return;
  }
  const Object* outside = nullptr;
  for (const Object* set : subject.set.all(Kind::stateful_set, service.name_space)) {
    const auto ordinal = ordinal_of(pod, set->name);
    if (!ordinal) continue;
    const std::int64_t offset = *ordinal - StatefulSet{*set}.first_ordinal();
    if (offset >= 0 && offset < max_replicas(*set, subject.set)) return;
    outside = set;
  }
  // A set that is not among them may be an operator's.
  if (outside == nullptr) return;
  findings.add(path, fmt::format("StatefulSet \"{}\" has {}, none is \"{}\"", outside->name,
                                 window_of(*outside, max_replicas(*outside, subject.set)), pod));
}

}  // namespace

extern const Policy pod_service_out_of_range;
constinit const Policy pod_service_out_of_range{
    .id = "pod-service-out-of-range",
    .section = "networking",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::service},
    .operations = {Operation::create, Operation::update},
    .summary = "A Service for one member selects one that the set does not have.",
    .reason =
        "The controller labels each member with its name, so that a Service can lead to one of "
        "them. Where no member has that name, because the set is smaller, starts at another "
        "ordinal or has another name, the Service has no endpoints, and its clients get nothing.",
    .exceptions =
        "Members that an autoscaler may add; a Pod of that name that is there; sets that are not "
        "known, for an operator may make them.",
    .remedy = "name a member that the set has, or remove the Service",
    .sources =
        "Kubernetes documentation: StatefulSets, Pod name label\n"
        "pkg/controller/statefulset: updateIdentity",
    .check = check,
};

}  // namespace stateward::policies
