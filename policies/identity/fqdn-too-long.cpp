#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::size_t kLongest = 64;  // a Linux node name, without its final NUL

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const PodSpec pod = set.pod_spec();
  // With the node's network the hostname is the node's.
  const bool fully_qualified =
      pod.node["setHostnameAsFQDN"].boolean() && !pod.node["hostNetwork"].boolean();
  if (!fully_qualified || set.service_name().empty() || subject.object.name.empty()) return;
  const std::int64_t last = set.first_ordinal() + max_replicas(subject.object, subject.set) - 1;
  const std::size_t length =
      fmt::formatted_size("{}-{}.{}.{}.svc.cluster.local", subject.object.name, last,
                          set.service_name(), subject.object.name_space);
  if (length <= kLongest) return;
  findings.add(Path(pod.path) / "setHostnameAsFQDN",
               fmt::format("in domain cluster.local member {} has a name of {} characters, and "
                           "Linux takes {}",
                           last, length, kLongest));
}

}  // namespace

extern const Policy fqdn_too_long;
constinit const Policy fqdn_too_long{
    .id = "fqdn-too-long",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The full names of members are longer than a hostname can be.",
    .reason =
        "With setHostnameAsFQDN the hostname is <set>-<ordinal>.<serviceName>.<namespace>.svc.<"
        "cluster domain>. The kernel takes 64 characters of it; of a longer one the kubelet makes "
        "no Pod, which stays in ContainerCreating. A tenth or hundredth replica adds a character.",
    .exceptions = "A set without serviceName, or with hostNetwork: their hostnames are short.",
    .remedy = "remove setHostnameAsFQDN, or shorten the names of the set and its Service",
    .sources =
        "PodSpec.setHostnameAsFQDN (core/v1)\n"
        "KEP-1797; pkg/kubelet/util: GetNodenameForKernel (kubernetes/kubernetes v1.36.3)",
    .check = check,
};

}  // namespace stateward::policies
