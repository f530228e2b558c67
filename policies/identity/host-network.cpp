#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/affinity.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Only ClusterFirst, which is also the default, says one thing and does another;
// unusable-dns-policy is about the others.
void check_network(const PodSpec& pod, Findings& findings) {
  if (non_empty(pod.node["dnsPolicy"], "ClusterFirst") != "ClusterFirst") return;
  const Path dns_policy = Path(pod.path) / "dnsPolicy";
  findings
      .add(Path(pod.path) / "hostNetwork",
           "with hostNetwork, dnsPolicy ClusterFirst is the node's own resolver: no peer resolves")
      .with_fix(Fix::Applicability::unsafe,
                {{.path = dns_policy, .value = "\"ClusterFirstWithHostNet\""}})
      .remedy =
      "set dnsPolicy: ClusterFirstWithHostNet, or remove hostNetwork, which also replaces each "
      "Pod's hostname by its node's";
}

struct HostPort {
  Path path;
  std::int64_t number = 0;
};

std::optional<HostPort> first_host_port(const PodSpec& pod) {
  for (const Container& container : pod.containers()) {
    std::size_t index = 0;
    for (const Node port : container.node["ports"].items()) {
      const std::size_t at = index++;
      const std::int64_t number = port["hostPort"].integer(0);
      if (container.long_running() && number > 0)
        return HostPort{container.path() / "ports" / at / "hostPort", number};
    }
  }
  return std::nullopt;
}

// Pods that ask for their node tell clients its address: there the port is what they are for.
bool asks_for_node(const PodSpec& pod) {
  const auto asks = [](Node variable) {
    const std::string_view field = variable["valueFrom"]["fieldRef"]["fieldPath"].text();
    return field == "spec.nodeName" || field == "status.hostIP" || field == "status.hostIPs";
  };
  for (const Container& container : pod.containers()) {
    const auto variables = container.node["env"].items();
    if (std::any_of(variables.begin(), variables.end(), asks)) return true;
  }
  return false;
}

void check(const Subject& subject, Findings& findings) {
  const PodSpec pod = StatefulSet{subject.object}.pod_spec();
  if (pod.node["hostNetwork"].boolean()) return check_network(pod, findings);
  const auto port = first_host_port(pod);
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  // Who keeps them apart anyhow means it.
  if (!port || replicas <= 1 || keeps_nodes_apart(subject.object) || asks_for_node(pod)) return;
  Finding& finding = findings.add(
      port->path, fmt::format("{} replicas need {} nodes: each takes its node's port {}", replicas,
                              replicas, port->number));
  finding.severity = Severity::medium;
}

}  // namespace

extern const Policy host_network;
constinit const Policy host_network{
    .id = "host-network",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The Pods use their node's network, or ports of it.",
    .reason =
        "A Pod with hostNetwork has its node's hostname instead of its own, and unless dnsPolicy "
        "is "
        "ClusterFirstWithHostNet the node's resolver too, which knows neither its peers nor any "
        "Service. A port of the node is taken once: a replica more than there are nodes is never "
        "scheduled, and one whose node is full cannot move.",
    .exceptions =
        "hostNetwork with dnsPolicy ClusterFirstWithHostNet. hostPort with one replica at most, or "
        "with required anti-affinity by hostname, which asks for a node each, or where a container "
        "is told its node's name or address, to tell clients.",
    .remedy = "remove hostPort: members reach each other by their names, clients by a Service",
    .sources =
        "PodSpec.hostNetwork, .dnsPolicy, ContainerPort.hostPort (core/v1)\n"
        "pkg/kubelet/network/dns: getPodDNSType; pkg/kubelet/kuberuntime: generatePodSandboxConfig "
        "(kubernetes/kubernetes v1.36.3)\n"
        "pkg/scheduler/framework/plugins/nodeports",
    .check = check,
};

}  // namespace stateward::policies
