#include <fmt/format.h>

#include <algorithm>

#include "engine/injection.h"
#include "engine/known_images.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

struct ProbeKind {
  std::string_view entry;  // what the record calls it
  std::string_view field;
};
constexpr ProbeKind kReadiness{"readiness-probe", "readinessProbe"};
constexpr ProbeKind kStartup{"startup-probe", "startupProbe"};
constexpr ProbeKind kLiveness{"liveness-probe", "livenessProbe"};
constexpr ProbeKind kKinds[] = {kReadiness, kStartup, kLiveness};

constexpr std::string_view kLivenessAnnotation = "stateward.dev/inject-liveness";

// Every member that the API server would default is written out, so that what is stored is what we
// recorded.
struct Timing {
  std::int64_t timeout = 3;
  std::int64_t failures = 3;
};

std::string probe_json(std::string_view handler, Node handler_value, Node port, Timing timing) {
  std::string json;
  JsonWriter out(json);
  out.begin_object().key(handler);
  if (handler_value.exists()) {
    out.node(handler_value);
  } else {
    out.begin_object().key("port").node(port).end_object();
  }
  out.key("periodSeconds").integer(10).key("timeoutSeconds").integer(timing.timeout);
  out.key("successThreshold").integer(1).key("failureThreshold").integer(timing.failures);
  out.end_object();
  return json;
}

Proposal proposal(const ProbeKind& kind, const Container& container, std::string json) {
  return {.entry = fmt::format("{}:{}", kind.entry, container.name()),
          .patch = {{.op = PatchOperation::Op::add,
                     .path = container.path() / kind.field,
                     .value = std::move(json)}}};
}

bool is_tcp(Node port) {
  return port["protocol"].text("TCP") == "TCP" && port["containerPort"].is_integer();
}

// The only TCP port, or the first whose name is one that clients use; by name where it has one.
Node port_to_probe(const Container& container) {
  Node only;
  std::size_t tcp_ports = 0;
  for (const Node port : container.node["ports"].items()) {
    if (!is_tcp(port)) continue;
    ++tcp_ports;
    only = port;
    if (is_client_port_name(port["name"].text())) return port["name"];
  }
  if (tcp_ports != 1) return {};
  return only["name"].text().empty() ? only["containerPort"] : only["name"];
}

// A readiness probe holds up the next ordinal of an OrderedReady set: only where peers find each
// other unready.
bool readiness_is_safe(const Subject& subject, std::span<const Proposal> proposed) {
  const StatefulSet set{subject.object};
  if (max_replicas(subject.object, subject.set) <= 1 || set.pod_management_policy() == "Parallel")
    return true;
  // Governing Services that we make publish unready addresses.
  const auto ours = [](const Proposal& proposal) { return proposal.entry == "service-name"; };
  if (std::any_of(proposed.begin(), proposed.end(), ours)) return true;
  const Object* service =
      subject.set.find(Kind::service, subject.object.name_space, set.service_name());
  return service != nullptr && service->spec()["publishNotReadyAddresses"].boolean();
}

void propose_startup(const Container& container, std::vector<Proposal>& out) {
  const Probe liveness = container.liveness();
  if (!liveness.exists() || container.startup().exists()) return;
  for (const std::string_view handler : {"httpGet", "tcpSocket", "exec", "grpc"}) {
    if (!liveness.node[handler].exists()) continue;
    // Ten minutes, with the handler that would otherwise kill the container.
    const Timing timing{.timeout = liveness.timeout(), .failures = 60};
    out.push_back(
        proposal(kStartup, container, probe_json(handler, liveness.node[handler], {}, timing)));
    return;
  }
}

void propose_readiness(const Container& container, std::vector<Proposal>& out) {
  const KnownImage* image = known_image(container);
  if (container.readiness().exists() || (image != nullptr && !image->inject_readiness)) return;
  const Node port = port_to_probe(container);
  if (port.exists())
    out.push_back(proposal(kReadiness, container, probe_json("tcpSocket", {}, port, {})));
}

void propose_liveness(const Container& container, std::vector<Proposal>& out) {
  const Node port = port_to_probe(container);
  if (container.liveness().exists() || !port.exists()) return;
  out.push_back(proposal(kLiveness, container, probe_json("tcpSocket", {}, port, {.failures = 6})));
  if (container.startup().exists()) return;
  out.push_back(proposal(kStartup, container, probe_json("tcpSocket", {}, port, {.failures = 60})));
}

void propose(const Subject& subject, std::span<const Proposal> proposed,
             std::vector<Proposal>& out) {
  bool first = true;
  for (const Container& container : StatefulSet{subject.object}.pod_spec().containers()) {
    if (container.list != ContainerList::containers || is_helper_container(container)) continue;
    propose_startup(container, out);
    // The first container that is no helper is the application; of others we know too little.
    if (!std::exchange(first, false)) continue;
    if (readiness_is_safe(subject, proposed)) propose_readiness(container, out);
    if (subject.object.annotation(kLivenessAnnotation) == "true") propose_liveness(container, out);
  }
}

bool declares(const Container& container, Node port) {
  const Node ports = container.node["ports"];
  for (const Node declared : ports.items()) {
    if (equal(declared["name"], port) || equal(declared["containerPort"], port)) return true;
  }
  return false;
}

std::optional<Path> place(std::string_view entry, Node object, Node value) {
  const std::size_t colon = entry.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const ProbeKind& known) {
    return known.entry == entry.substr(0, colon);
  });
  if (kind == std::end(kKinds)) return std::nullopt;
  const PodSpec pod{object["spec"]["template"]["spec"], "/spec/template/spec"};
  for (const Container& container : pod.containers()) {
    if (container.list != ContainerList::containers || container.name() != entry.substr(colon + 1))
      continue;
    const Node port = value["tcpSocket"]["port"];
    if (port.exists() && !declares(container, port)) return std::nullopt;
    return container.path() / kind->field;
  }
  return std::nullopt;
}

}  // namespace

extern const Injection inject_probes;
constinit const Injection inject_probes{
    .id = "inject-probes",
    .group = "probes",
    .kinds = {Kind::stateful_set},
    .summary =
        "Gives a new StatefulSet's application container a TCP readiness probe, and a startup "
        "probe where a liveness probe has none.",
    .reason =
        "Without a readiness probe OrderedReady and rolling updates go on as soon as a container "
        "runs: a rollout outruns recovery and quorum is lost. A liveness probe without a startup "
        "probe kills a member that replays its log. The readiness probe knocks at the "
        "container's only declared TCP port, or at the first with a name that clients use; the "
        "startup probe repeats the liveness probe's own handler for ten minutes.",
    .exceptions =
        "No port that tells, images whose open port means less than readiness, helper "
        "containers; readiness only where one replica, Parallel, or a governing Service that "
        "publishes unready addresses keeps the set from waiting for itself. Liveness only with "
        "the annotation stateward.dev/inject-liveness: \"true\".",
    .sources = "Probe (core/v1)\nStatefulSetSpec.podManagementPolicy (apps/v1)",
    .propose = propose,
    .place = place,
};

}  // namespace stateward::policies
