#include <fmt/format.h>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// A port as a number, where the container declares its name.
Node resolved_port(const Container& container, Node port) {
  for (const Node declared : container.node["ports"].items()) {
    if (port.is_text() && declared["name"].text() == port.text()) return declared["containerPort"];
  }
  return port;
}

bool same_text(Node one, Node other, std::string_view fallback) {
  return non_empty(one, fallback) == non_empty(other, fallback);
}

bool same_handler(const Container& container, Node left, Node right) {
  if (left["exec"].exists()) return equal(left["exec"], right["exec"]);
  for (const std::string_view kind : {"httpGet", "tcpSocket", "grpc"}) {
    const Node one = left[kind];
    const Node other = right[kind];
    if (!one.exists()) continue;
    return other.exists() &&
           equal(resolved_port(container, one["port"]), resolved_port(container, other["port"])) &&
           same_text(one["path"], other["path"], "/") &&
           same_text(one["scheme"], other["scheme"], "HTTP") &&
           same_text(one["host"], other["host"], "") &&
           same_text(one["service"], other["service"], "") &&
           equal(one["httpHeaders"], other["httpHeaders"]);
  }
  return false;
}

void check(const Subject& subject, Findings& findings) {
  for (const Container& container : StatefulSet{subject.object}.pod_spec().containers()) {
    const Probe liveness = container.liveness();
    const Probe readiness = container.readiness();
    if (!container.long_running() || !liveness.exists() || !readiness.exists()) continue;
    if (is_helper_container(container)) continue;
    if (liveness.patience() > readiness.patience() ||
        !same_handler(container, liveness.node, readiness.node))
      continue;
    findings.add(
        container.path() / "livenessProbe",
        fmt::format(
            "liveness asks what readiness asks and gives up after {} s, readiness after {} s",
            liveness.patience(), readiness.patience()));
  }
}

}  // namespace

extern const Policy identical_probes;
constinit const Policy identical_probes{
    .id = "identical-probes",
    .section = "availability",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "Liveness and readiness ask the same and give up equally soon.",
    .reason =
        "Whatever makes a member unready, such as overload or a dependency that is down, "
        "restarts it as well: the whole fleet at once. A liveness probe should fail only where a "
        "restart helps, and later than readiness.",
    .exceptions =
        "A liveness probe that takes longer to give up than the readiness probe: periodSeconds "
        "x failureThreshold. initialDelaySeconds does not count, since it only delays the first "
        "question. Helpers beside the application (proxies, agents, reloaders): what restarts "
        "them does not touch it.",
    .remedy =
        "let liveness ask something cheaper, or fail later: raise its periodSeconds or "
        "failureThreshold",
    .sources =
        "Container.livenessProbe, Container.readinessProbe (core/v1)\n"
        "Probe.initialDelaySeconds, .periodSeconds, .failureThreshold (core/v1)",
    .check = check,
};

}  // namespace stateward::policies
