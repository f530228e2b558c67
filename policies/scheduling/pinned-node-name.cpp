#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const PodSpec pod = StatefulSet{subject.object}.pod_spec();
  const std::string_view node = pod.node["nodeName"].text();
  if (node.empty()) return;
  const Path path = Path(pod.path) / "nodeName";
  findings.add(path, fmt::format("every replica is put on node \"{}\", past the scheduler", node))
      .with_fix(Fix::Applicability::unsafe, {{.op = PatchOperation::Op::remove, .path = path}});
}

}  // namespace

extern const Policy pinned_node_name;
constinit const Policy pinned_node_name{
    .id = "pinned-node-name",
    .section = "scheduling",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The Pods are pinned to one node by name.",
    .reason =
        "nodeName goes past the scheduler: all replicas land on one node whether or not it has "
        "room, and a claim of a class that waits for its first consumer never binds, because "
        "nobody schedules that consumer.",
    .remedy = "use nodeAffinity or a nodeSelector instead",
    .sources =
        "PodSpec.nodeName (core/v1)\n"
        "StorageClass.volumeBindingMode: WaitForFirstConsumer (storage.k8s.io/v1)",
    .check = check,
};

}  // namespace stateward::policies
