#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// The API server refuses a name without a letter.
bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool declares(const Container& container, Node port) {
  const auto ports = container.node["ports"].items();
  return std::any_of(ports.begin(), ports.end(), [&](Node declared) {
    return equal(declared["name"], port) || equal(declared["containerPort"], port);
  });
}

// A probe that cannot be made fails nothing: it leaves the container as it was, which is not ready,
// not started, or alive.
void judge_name(const Container& container, std::string_view field, const Path& path,
                std::string_view name, Findings& findings) {
  const bool liveness = field == "livenessProbe";
  Finding& finding = findings.add(
      path,
      fmt::format("container \"{}\" has no port named \"{}\": {}", container.name(), name,
                  liveness ? "nothing is ever probed, nor restarted" : "the probe never succeeds"));
  if (!liveness) return;
  finding.at_most(EnforcementAction::warn);
  finding.severity = Severity::medium;
}

void judge(const Container& container, std::string_view field, Findings& findings) {
  const Probe probe{container.node[field]};
  const Node port = probe.port();
  if (!port.exists() || declares(container, port)) return;
  const Path path = probe.port_path(container.path() / field);
  if (port.is_text() && !is_number(port.text())) {
    judge_name(container, field, path, port.text(), findings);
  } else if (port.is_integer() && !container.node["ports"].empty()) {
    findings
        .add(path, fmt::format("container \"{}\" does not declare port {}", container.name(),
                               port.integer(0)))
        .as_info();
  }
}

void check(const Subject& subject, Findings& findings) {
  for (const Container& container : StatefulSet{subject.object}.pod_spec().containers()) {
    for (const std::string_view field : {"livenessProbe", "readinessProbe", "startupProbe"}) {
      judge(container, field, findings);
    }
  }
}

}  // namespace

extern const Policy unknown_probe_port;
constinit const Policy unknown_probe_port{
    .id = "unknown-probe-port",
    .section = "availability",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A probe names a port that its container does not declare.",
    .reason =
        "The kubelet cannot resolve the name, and throws the result away: the member never gets "
        "ready, or never counts as started. A liveness probe that cannot be made fails nothing, "
        "and "
        "so protects from nothing: that is a warning.",
    .exceptions =
        "A port given by number is only mentioned (severity info) where the container declares "
        "others: what it declares is information.",
    .remedy = "use the name of one of the container's ports, or the port's number",
    .sources =
        "HTTPGetAction.port, TCPSocketAction.port (core/v1): name or number\n"
        "pkg/probe: ResolveContainerPort; pkg/kubelet/prober: worker.doProbe "
        "(kubernetes/kubernetes)",
    .check = check,
};

}  // namespace stateward::policies
