#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/service.h"

namespace stateward::policies {
namespace {

constexpr Kind kWorkloads[] = {Kind::stateful_set, Kind::deployment, Kind::daemon_set,
                               Kind::replica_set, Kind::replication_controller};

std::vector<const Object*> selected_by(const Service& service, const ObjectSet& set) {
  std::vector<const Object*> selected;
  for (const Kind kind : kWorkloads) {
    for (const Object* workload : set.all(kind, service.object.name_space)) {
      const bool counts = !workload->being_deleted() && !workload->controller().exists();
      if (counts && service.selects(*workload)) selected.push_back(workload);
    }
  }
  return selected;
}

// What answers at a port of a Service in one workload's Pods.
struct Answer {
  const Object* workload = nullptr;
  bool declares = false;   // the port; otherwise others
  std::string_view image;  // of the container that declares it
};

Answer answer_at(const ServicePort& port, const Object& workload) {
  const Node target = port.target();
  for (const Container& container : pod_spec_of(workload).containers()) {
    if (!container.long_running()) continue;
    for (const Node declared : container.node["ports"].items()) {
      const bool meant = target.is_text() ? declared["name"].text() == target.text()
                                          : declared["containerPort"].integer() == target.integer();
      if (meant && non_empty(declared["protocol"], "TCP") == port.protocol())
        return {&workload, true, image_repository(container.image())};
    }
  }
  return {&workload, false, {}};
}

std::string called(const Object& workload) {
  return fmt::format("{} \"{}\"", workload.kind_name, workload.name);
}

// Pods that lack a named port are no endpoints of it; what is declared nowhere tells nothing.
std::optional<std::string> mixture(const ServicePort& port,
                                   const std::vector<const Object*>& workloads) {
  std::vector<Answer> answers;
  const Object* elsewhere = nullptr;
  for (const Object* workload : workloads) {
    const Answer answer = answer_at(port, *workload);
    if (answer.declares) answers.push_back(answer);
    const bool others = !answer.declares && declared_ports(pod_spec_of(*workload)) > 0;
    if (others && !port.target().is_text()) elsewhere = workload;
  }
  if (answers.empty()) return std::nullopt;
  const Answer& first = answers.front();
  if (elsewhere != nullptr) {
    return fmt::format("port {} leads to {} and to {}, which declares other ports", port.number(),
                       called(*first.workload), called(*elsewhere));
  }
  const auto other = std::find_if(answers.begin(), answers.end(), [&](const Answer& answer) {
    return !answer.image.empty() && !first.image.empty() && answer.image != first.image;
  });
  if (other == answers.end()) return std::nullopt;
  return fmt::format("port {} leads to {} and to {}, which runs another image", port.number(),
                     called(*first.workload), called(*other->workload));
}

void check(const Subject& subject, Findings& findings) {
  const Service service{subject.object};
  // A headless Service hands out all its members' addresses, often on purpose.
  if (service.is_external_name() || service.is_headless()) return;
  const std::vector<const Object*> workloads = selected_by(service, subject.set);
  // StatefulSets come first.
  if (workloads.size() < 2 || workloads.front()->kind != Kind::stateful_set) return;
  for (const ServicePort& port : service.ports()) {
    auto message = mixture(port, workloads);
    if (!message) continue;
    findings.add("/spec/selector", std::move(*message));
    return;
  }
}

}  // namespace

extern const Policy service_spans_workloads;
constinit const Policy service_spans_workloads{
    .id = "service-spans-workloads",
    .section = "networking",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::service},
    .operations = {Operation::create, Operation::update},
    .summary = "A Service balances over a set and over something else.",
    .reason =
        "Its selector matches the Pods of several workloads that are not the same thing: a part of "
        "the connections goes to Pods that do not listen at the port, or that answer it with "
        "another program. It looks like a server that fails now and then.",
    .exceptions =
        "Workloads that declare the port and run the same image, as shards, zones, or a leader and "
        "its followers do; Pods that lack a named port; headless Services; containers that declare "
        "no port.",
    .remedy = "select by a label that only the Pods of one workload carry",
    .sources =
        "ServiceSpec.selector (core/v1)\n"
        "k8s.io/endpointslice v0.36.3: getEndpointPorts",
    .check = check,
};

}  // namespace stateward::policies
