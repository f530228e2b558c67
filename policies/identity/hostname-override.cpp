#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const PodSpec pod = StatefulSet{subject.object}.pod_spec();
  const std::string_view name = pod.node["hostnameOverride"].text();
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  if (name.empty() || replicas <= 1) return;
  const Path path = Path(pod.path) / "hostnameOverride";
  findings.add(path, fmt::format("{} replicas all have hostname \"{}\"", replicas, name))
      .with_fix(Fix::Applicability::unsafe, {{.op = PatchOperation::Op::remove, .path = path}});
}

}  // namespace

extern const Policy hostname_override;
constinit const Policy hostname_override{
    .id = "hostname-override",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "All replicas are given one hostname.",
    .reason =
        "hostnameOverride beats the hostname that the controller gives to each Pod. Every "
        "replica sees the same name, whatever DNS says; members that take their id from it "
        "collide.",
    .exceptions = "One replica at most.",
    .remedy = "remove hostnameOverride: each Pod has its own name as its hostname",
    .sources =
        "PodSpec.hostnameOverride (core/v1)\n"
        "KEP-4762",
    .check = check,
};

}  // namespace stateward::policies
