#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Resolvers of the internet, which know no cluster's names.
constexpr auto kPublicResolvers = std::to_array<std::string_view>({
    "1.0.0.1",
    "1.1.1.1",
    "8.8.4.4",
    "8.8.8.8",
    "9.9.9.9",
    "149.112.112.112",
    "208.67.220.220",
    "208.67.222.222",
    "2001:4860:4860::8844",
    "2001:4860:4860::8888",
    "2606:4700:4700::1001",
    "2606:4700:4700::1111",
    "2620:fe::fe",
});

bool is_public(Node address) {
  return std::find(kPublicResolvers.begin(), kPublicResolvers.end(), address.text()) !=
         kPublicResolvers.end();
}

// Any other address may be that of the cluster's resolver, or of one that asks it.
bool may_know_the_cluster(Node resolvers) {
  const auto addresses = resolvers.items();
  return std::any_of(addresses.begin(), addresses.end(),
                     [](Node address) { return !is_public(address); });
}

void check(const Subject& subject, Findings& findings) {
  const PodSpec pod = StatefulSet{subject.object}.pod_spec();
  const std::string_view policy = pod.node["dnsPolicy"].text();
  const Node resolvers = pod.node["dnsConfig"]["nameservers"];
  if ((policy != "Default" && policy != "None") || may_know_the_cluster(resolvers)) return;
  Finding& finding = findings.add(
      Path(pod.path) / "dnsPolicy",
      policy == "Default"
          ? "dnsPolicy Default is the node's resolver, which knows no name of the cluster"
          : "dnsPolicy None names no resolver of the cluster, so its names do not resolve");
  // Alone it has no peers to find.
  if (max_replicas(subject.object, subject.set) <= 1) {
    finding.severity = Severity::low;
    finding.at_most(EnforcementAction::audit);
  }
}

}  // namespace

extern const Policy unusable_dns_policy;
constinit const Policy unusable_dns_policy{
    .id = "unusable-dns-policy",
    .section = "networking",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The Pods ask a resolver that does not know the cluster's names.",
    .reason =
        "Members find each other by names that only the cluster's DNS answers. dnsPolicy Default "
        "asks the node's resolver, and None asks whom dnsConfig names: neither knows "
        "<pod>.<service>, nor any Service.",
    .exceptions =
        "A resolver in dnsConfig that is not a well-known public one: it may be the cluster's. "
        "With "
        "one replica at most it is only reported.",
    .remedy = "remove dnsPolicy (ClusterFirst), or name the cluster's resolver in dnsConfig",
    .sources =
        "PodSpec.dnsPolicy, .dnsConfig (core/v1)\n"
        "Kubernetes documentation: DNS for Services and Pods\n"
        "pkg/kubelet/network/dns: GetPodDNS (kubernetes/kubernetes v1.36.3)",
    .check = check,
};

}  // namespace stateward::policies
