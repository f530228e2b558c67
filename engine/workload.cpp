#include "engine/workload.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace stateward {
namespace {

constexpr std::array kContainerLists = {ContainerList::containers, ContainerList::init_containers,
                                        ContainerList::ephemeral_containers};

Node template_of(const Object& object) {
  switch (object.kind) {
    case Kind::pod:
      return object.node;
    case Kind::cron_job:
      return object.spec()["jobTemplate"]["spec"]["template"];
    case Kind::stateful_set:
    case Kind::deployment:
    case Kind::replica_set:
    case Kind::replication_controller:
    case Kind::daemon_set:
    case Kind::job:
      return object.spec()["template"];
    default:
      return {};
  }
}

// What the downward API tells each Pod differently (core/v1 ObjectFieldSelector).
constexpr std::array<std::string_view, 6> kPerPodFields = {
    "metadata.name",
    "metadata.uid",
    "status.podIP",
    "status.podIPs",
    "metadata.labels['statefulset.kubernetes.io/pod-name']",
    "metadata.labels['apps.kubernetes.io/pod-index']"};

std::string_view without_end_slash(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool is_within(std::string_view place, std::string_view folder) {
  return place == folder || folder == "/" ||
         (place.starts_with(folder) && place.substr(folder.size()).starts_with('/'));
}

}  // namespace

Node Probe::port() const {
  for (const std::string_view handler : {"httpGet", "tcpSocket", "grpc"}) {
    if (node[handler].exists()) return node[handler]["port"];
  }
  return {};
}

Path Probe::port_path(const Path& probe) const {
  for (const std::string_view handler : {"httpGet", "tcpSocket", "grpc"}) {
    if (node[handler].exists()) return probe / handler / "port";
  }
  return probe;
}

std::string_view field_of(ContainerList list) {
  switch (list) {
    case ContainerList::containers:
      return "containers";
    case ContainerList::init_containers:
      return "initContainers";
    case ContainerList::ephemeral_containers:
      return "ephemeralContainers";
  }
  return "";
}

std::vector<Container> PodSpec::containers() const {
  std::vector<Container> all;
  for (const ContainerList list : kContainerLists) {
    std::size_t index = 0;
    for (const Node container : node[field_of(list)].items())
      all.push_back({container, list, index++, path});
  }
  return all;
}

PodSpec pod_spec_of(const Object& object) {
  const Node spec = template_of(object)["spec"];
  if (object.kind == Kind::pod) return {spec, "/spec"};
  if (object.kind == Kind::cron_job) return {spec, "/spec/jobTemplate/spec/template/spec"};
  return {spec, "/spec/template/spec"};
}

Node pod_labels_of(const Object& object) { return template_of(object)["metadata"]["labels"]; }

std::string_view pod_template_path_of(const Object& object) {
  if (object.kind == Kind::pod) return "";
  return object.kind == Kind::cron_job ? "/spec/jobTemplate/spec/template" : "/spec/template";
}

bool has_ended(const Object& pod) {
  const std::string_view phase = pod.node["status"]["phase"].text();
  return phase == "Succeeded" || phase == "Failed";
}

std::vector<ClaimTemplate> StatefulSet::claim_templates() const {
  std::vector<ClaimTemplate> templates;
  for (const Node entry : spec()["volumeClaimTemplates"].items())
    templates.push_back({entry, templates.size()});
  return templates;
}

bool StatefulSet::has_claim_template(std::string_view name) const {
  const auto templates = spec()["volumeClaimTemplates"].items();
  return std::any_of(templates.begin(), templates.end(),
                     [&](Node entry) { return ClaimTemplate{entry}.name() == name; });
}

std::vector<VolumeUse> volume_uses(const Container& container) {
  std::vector<VolumeUse> uses;
  for (const bool block : {false, true}) {
    std::size_t index = 0;
    for (const Node use : container.node[block ? "volumeDevices" : "volumeMounts"].items()) {
      uses.push_back({.name = use["name"].text(),
                      .node = use,
                      .block = block,
                      .read_only = use["readOnly"].boolean(),
                      .container = container,
                      .index = index++});
    }
  }
  return uses;
}

std::optional<VolumeUse> mount_under(const Container& container, std::string_view place) {
  std::optional<VolumeUse> deepest;
  std::size_t depth = 0;
  for (VolumeUse& use : volume_uses(container)) {
    const std::string_view path = without_end_slash(use.node["mountPath"].text());
    if (use.block || path.empty() || !is_within(place, path) || path.size() < depth) continue;
    depth = path.size();
    deepest = std::move(use);
  }
  return deepest;
}

bool is_per_pod(const Container& container, const VolumeUse& mount) {
  const std::string_view expression = mount.node["subPathExpr"].text();
  for (const Node variable : container.node["env"].items()) {
    const std::string reference = "$(" + std::string(variable["name"].text()) + ")";
    if (expression.find(reference) == std::string_view::npos) continue;
    const std::string_view field = variable["valueFrom"]["fieldRef"]["fieldPath"].text();
    if (std::find(kPerPodFields.begin(), kPerPodFields.end(), field) != kPerPodFields.end())
      return true;
    // Made from another variable, whatever that is.
    if (variable["value"].text().find("$(") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace stateward
