// Typed views on workloads, Pods and their containers. They answer with the API's defaults and
// never write them into the document (so every place speaks of what is there). Cheap to make, to
// copy and to pass by value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/object.h"
#include "engine/path.h"

namespace stateward {

// core/v1 Probe. Budgets are in seconds.
struct Probe {
  Node node;
  bool exists() const { return node.exists(); }
  std::int64_t initial_delay() const { return node["initialDelaySeconds"].integer(0); }
  std::int64_t period() const { return positive(node["periodSeconds"], 10); }
  std::int64_t timeout() const { return positive(node["timeoutSeconds"], 1); }
  std::int64_t failure_threshold() const { return positive(node["failureThreshold"], 3); }
  // How long a container that has run for a while may fail before the probe acts: periodSeconds x
  // failureThreshold.
  std::int64_t patience() const { return period() * failure_threshold(); }
  // How long one that starts may take: initialDelaySeconds comes first.
  std::int64_t budget() const { return initial_delay() + patience(); }
  // The port it knocks at (httpGet, tcpSocket, grpc): a name or a number; absent for exec.
  Node port() const;
  Path port_path(const Path& probe) const;

 private:
  // The API reads an absent value and 0 alike as the default.
  static std::int64_t positive(Node node, std::int64_t fallback) {
    const std::int64_t number = node.integer(0);
    return number > 0 ? number : fallback;
  }
};

enum class ContainerList : std::uint8_t { containers, init_containers, ephemeral_containers };
std::string_view field_of(
    ContainerList list);  // "containers", "initContainers", "ephemeralContainers"

struct Container {
  Node node;
  ContainerList list = ContainerList::containers;
  std::size_t index = 0;
  std::string_view pod_path;  // of the pod spec it stands in

  Path path() const { return Path(pod_path) / field_of(list) / index; }
  std::string_view name() const { return node["name"].text(); }
  std::string_view image() const { return node["image"].text(); }
  // Runs beside the others until the Pod ends: a container, or an init container with restartPolicy
  // Always (KEP-753).
  bool long_running() const {
    return list == ContainerList::containers ||
           (list == ContainerList::init_containers && node["restartPolicy"].text() == "Always");
  }
  bool restartable_init() const { return list == ContainerList::init_containers && long_running(); }
  Probe readiness() const { return {node["readinessProbe"]}; }
  Probe liveness() const { return {node["livenessProbe"]}; }
  Probe startup() const { return {node["startupProbe"]}; }
};

// core/v1 PodSpec, wherever it stands.
struct PodSpec {
  Node node;
  std::string_view path;  // "/spec/template/spec" of a workload, "/spec" of a Pod

  bool exists() const { return node.exists(); }
  // Containers, init containers and ephemeral containers, in that order: every rule about
  // containers starts here.
  std::vector<Container> containers() const;
  Node volumes() const { return node["volumes"]; }
};

// The pod spec of any workload (StatefulSet, Deployment, Job, CronJob, ...) or Pod; absent for all
// other kinds.
PodSpec pod_spec_of(const Object& object);
// metadata.labels of the Pods it makes (a workload's template's, a Pod's own).
Node pod_labels_of(const Object& object);
// The parent of that pod spec's metadata, "/spec/template" or "".
std::string_view pod_template_path_of(const Object& object);

// Whether a Pod's processes have ended, by its status.
bool has_ended(const Object& pod);

// One entry of spec.volumeClaimTemplates.
struct ClaimTemplate {
  Node node;
  std::size_t index = 0;
  Path path() const { return Path("/spec/volumeClaimTemplates") / index; }
  std::string_view name() const { return node["metadata"]["name"].text(); }
  Node spec() const { return node["spec"]; }
};

// The labels that the StatefulSet controller sets on each Pod: its identity, its revision and its
// ordinal.
inline constexpr std::array<std::string_view, 3> kControllerLabels = {
    "controller-revision-hash", "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index"};

// apps/v1 StatefulSet.
struct StatefulSet {
  const Object& object;

  Node spec() const { return object.spec(); }
  std::int64_t replicas() const { return spec()["replicas"].integer(1); }
  std::string_view service_name() const { return spec()["serviceName"].text(); }
  std::string_view pod_management_policy() const {
    return non_empty(spec()["podManagementPolicy"], "OrderedReady");
  }
  std::string_view update_strategy() const {
    return non_empty(spec()["updateStrategy"]["type"], "RollingUpdate");
  }
  std::int64_t partition() const {
    return spec()["updateStrategy"]["rollingUpdate"]["partition"].integer(0);
  }
  std::int64_t first_ordinal() const { return spec()["ordinals"]["start"].integer(0); }
  // Whether a member of that ordinal is wanted now: start <= ordinal < start + replicas.
  bool covers(std::int64_t ordinal) const {
    return ordinal >= first_ordinal() && ordinal - first_ordinal() < replicas();
  }
  std::string_view when_scaled() const { return retention("whenScaled"); }
  std::string_view when_deleted() const { return retention("whenDeleted"); }
  PodSpec pod_spec() const { return pod_spec_of(object); }
  Node pod_labels() const { return pod_labels_of(object); }
  std::vector<ClaimTemplate> claim_templates() const;
  bool has_claim_template(std::string_view name) const;

 private:
  std::string_view retention(std::string_view when) const {
    return non_empty(spec()["persistentVolumeClaimRetentionPolicy"][when], "Retain");
  }
};

// A container's mount (filesystem) or device (block) of a volume or claim template.
struct VolumeUse {
  std::string_view name;
  Node node;
  bool block = false;  // volumeDevices
  bool read_only = false;
  Container container;  // that has it
  std::size_t index = 0;

  Path path() const {  // of the mount or device
    return container.path() / (block ? "volumeDevices" : "volumeMounts") / index;
  }
};
std::vector<VolumeUse> volume_uses(const Container& container);
// The mount on which `place` lies, an absolute path in the container: of several the deepest. None
// where it lies on the container's own layer.
std::optional<VolumeUse> mount_under(const Container& container, std::string_view place);
// Whether a mount gives each Pod a folder of its own: a subPathExpr with a variable that differs
// from Pod to Pod.
bool is_per_pod(const Container& container, const VolumeUse& mount);

}  // namespace stateward
