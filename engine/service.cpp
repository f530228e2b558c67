#include "engine/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/names.h"
#include "engine/workload.h"

namespace stateward {
namespace {

// The first declared port of which `wanted` is true; absent where there is none.
template <typename Wanted>
Node find_port(const PodSpec& pod, Wanted wanted) {
  for (const Container& container : pod.containers()) {
    if (!container.long_running()) continue;
    for (const Node port : container.node["ports"].items()) {
      if (wanted(port)) return port;
    }
  }
  return {};
}

bool speaks(Node port, std::string_view protocol) {
  return non_empty(port["protocol"], "TCP") == protocol;
}

bool carries(const Object& workload, std::string_view key, std::string_view value) {
  const Node label = pod_labels_of(workload)[key];
  if (workload.kind == Kind::stateful_set) {
    if (key == "statefulset.kubernetes.io/pod-name")
      return ordinal_of(value, workload.name).has_value();
    if (std::find(kControllerLabels.begin(), kControllerLabels.end(), key) !=
        kControllerLabels.end())
      return true;
  }
  // "app:" is an empty label to the API, not an absent one.
  return label.written() && label.text() == value;
}

}  // namespace

Node ServicePort::target() const {
  const Node target = node["targetPort"];
  const bool given = target.is_text() ? !target.text().empty() : target.integer(0) != 0;
  return given ? target : node["port"];
}

std::vector<ServicePort> Service::ports() const {
  std::vector<ServicePort> ports;
  for (const Node port : object.spec()["ports"].items()) ports.push_back({port, ports.size()});
  return ports;
}

bool Service::selects(const Object& workload) const {
  if (selector().empty() || workload.name_space != object.name_space) return false;
  const auto labels = selector().members();
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    return carries(workload, label.key, label.value.text());
  });
}

std::optional<std::int64_t> port_named(const PodSpec& pod, std::string_view name,
                                       std::string_view protocol) {
  return find_port(pod,
                   [&](Node port) {
                     return port["name"].text() == name && speaks(port, protocol);
                   })["containerPort"]
      .integer();
}

bool declares_port(const PodSpec& pod, std::int64_t number, std::string_view protocol) {
  return find_port(pod,
                   [&](Node port) {
                     return port["containerPort"].integer() == number && speaks(port, protocol);
                   })
      .exists();
}

std::size_t declared_ports(const PodSpec& pod) {
  std::size_t count = 0;
  find_port(pod, [&](Node) { return ++count, false; });
  return count;
}

bool is_service_name(std::string_view name, KubernetesVersion kubernetes) {
  if (!is_dns_label(name)) return false;
  const bool digit = name.front() >= '0' && name.front() <= '9';
  return !digit || kubernetes >= KubernetesVersion{1, 36};
}

std::string proposed_service_name(const Object& stateful_set, KubernetesVersion kubernetes) {
  std::string name = fmt::format("{}-headless", stateful_set.name);
  if (!is_dns_label(name)) return {};
  if (!is_service_name(name, kubernetes)) name.insert(0, "s-");
  return is_service_name(name, kubernetes) ? name : std::string();
}

const Object* governing_service_of(const Object& stateful_set, const ObjectSet& set) {
  const std::string_view name = StatefulSet{stateful_set}.service_name();
  return name.empty() ? nullptr : set.find(Kind::service, stateful_set.name_space, name);
}

}  // namespace stateward
