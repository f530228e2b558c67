#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const Object& pod = subject.object;
  if (pod.controller_kind() != Kind::stateful_set || pod.being_deleted() || has_ended(pod)) return;
  const Object* set =
      subject.set.find(Kind::stateful_set, pod.name_space, pod.controller()["name"].text());
  if (set == nullptr || set->being_deleted()) return;
  const std::string_view now = pod.spec()["subdomain"].text();
  const std::string_view wanted = StatefulSet{*set}.service_name();
  if (now == wanted) return;
  findings.add(
      "/spec/subdomain",
      fmt::format("its subdomain is \"{}\", the serviceName of its set \"{}\"", now, wanted));
}

}  // namespace

extern const Policy stale_network_identity;
constinit const Policy stale_network_identity{
    .id = "stale-network-identity",
    .section = "lifecycle",
    .severity = Severity::high,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .needs = Needs::live,
    .kinds = {Kind::pod},
    .operations = {Operation::create},
    .summary = "A running member still has its name under another Service than its set names.",
    .reason =
        "A Pod gets its subdomain when it is created. A set that is deleted with --cascade=orphan "
        "and made again with another serviceName takes its Pods back as they are, and as the "
        "revision does not depend on serviceName, it never rolls them: <pod>.<service> resolves "
        "for none of them.",
    .exceptions = "Pods that have ended or are being deleted.",
    .remedy = "restart the members: kubectl rollout restart statefulset/<set>",
    .sources =
        "PodSpec.subdomain (core/v1), StatefulSetSpec.serviceName (apps/v1)\n"
        "pkg/controller/statefulset (kubernetes/kubernetes): the identity that a member must match",
    .check = check,
};

}  // namespace stateward::policies
