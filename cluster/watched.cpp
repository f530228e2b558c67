#include "cluster/watched.h"

#include <algorithm>
#include <array>
#include <vector>

#include "cluster/governing_service.h"
#include "engine/workload.h"

namespace stateward {
namespace {

// Of everything that stands in a namespace.
constexpr auto kMetadata = std::to_array<std::string_view>({
    "metadata name",
    "metadata annotations stateward.dev/*",
    "metadata ownerReferences apiVersion",
    "metadata ownerReferences kind",
    "metadata ownerReferences name",
    "metadata ownerReferences controller",
    "metadata deletionTimestamp",
});

constexpr auto kStatefulSet = std::to_array<std::string_view>({
    "metadata uid",
    "metadata creationTimestamp",
    "spec replicas",
    "spec serviceName",
    "spec selector",
    "spec ordinals",
    "spec persistentVolumeClaimRetentionPolicy",
    "spec volumeClaimTemplates metadata name",
    "spec template metadata labels",
    "spec template spec volumes name",
    "spec template spec volumes persistentVolumeClaim",
    "spec template spec containers name",
    "spec template spec containers ports",
    "spec template spec containers volumeMounts name",
    "spec template spec containers volumeMounts readOnly",
    "spec template spec containers volumeDevices name",
    "spec template spec initContainers name",
    "spec template spec initContainers ports",
    "spec template spec initContainers restartPolicy",
    "spec template spec initContainers volumeMounts name",
    "spec template spec initContainers volumeMounts readOnly",
    "spec template spec initContainers volumeDevices name",
});

constexpr auto kClaim = std::to_array<std::string_view>({
    "metadata labels",
    "metadata creationTimestamp",
    "spec accessModes",
    "spec volumeMode",
    "spec volumeName",
});

constexpr auto kPod = std::to_array<std::string_view>({
    "spec volumes name",
    "spec volumes persistentVolumeClaim",
    "spec containers volumeMounts name",
    "spec containers volumeMounts readOnly",
    "spec initContainers volumeMounts name",
    "spec initContainers volumeMounts readOnly",
});

// A Pod made by hand may stand in a member's place: whether its labels are the set's is asked.
constexpr auto kBarePod = std::to_array<std::string_view>({
    "metadata labels",
    "spec containers name",
    "spec initContainers name",
});

constexpr auto kService = std::to_array<std::string_view>({
    "metadata annotations service.alpha.kubernetes.io/tolerate-unready-endpoints",
    "metadata labels app.kubernetes.io/managed-by",
    "metadata labels stateward.dev/*",
    "spec clusterIP",
    "spec type",
    "spec selector",
    "spec ports",
    "spec publishNotReadyAddresses",
});

// Whether one of ours is still ours. Who writes the spec as a whole writes its selector.
constexpr auto kOurService = std::to_array<std::string_view>({
    "metadata ownerReferences uid",
    "metadata managedFields manager",
    "metadata managedFields subresource",
    "metadata managedFields fieldsV1 f:spec f:selector",
});

constexpr auto kBudget = std::to_array<std::string_view>({
    "metadata uid",
    "metadata labels",
    "spec",
});

constexpr auto kScaler = std::to_array<std::string_view>({
    "spec scaleTargetRef",
    "spec minReplicas",
    "spec maxReplicas",
});

constexpr auto kNode = std::to_array<std::string_view>({
    "metadata name",
    "metadata deletionTimestamp",
    "spec taints key",
    "spec taints effect",
});

constexpr auto kVolume = std::to_array<std::string_view>({
    "metadata name",
    "spec claimRef name",
    "spec claimRef namespace",
});

constexpr auto kStorageClass = std::to_array<std::string_view>({
    "metadata name",
    "metadata annotations storageclass.kubernetes.io/is-default-class",
    "metadata annotations storageclass.beta.kubernetes.io/is-default-class",
    "provisioner",
    "parameters zone",
    "parameters zones",
    "allowedTopologies",
    "reclaimPolicy",
    "volumeBindingMode",
    "allowVolumeExpansion",
});

constexpr auto kNamespace = std::to_array<std::string_view>({
    "metadata name",
    "metadata labels stateward.dev/*",
    "metadata deletionTimestamp",
});

constexpr std::array kWatched = {
    WatchedResource{
        Kind::stateful_set, {"apps", "v1", "statefulsets"}, "apps/v1", "StatefulSet", kStatefulSet},
    WatchedResource{
        Kind::claim, {"", "v1", "persistentvolumeclaims"}, "v1", "PersistentVolumeClaim", kClaim},
    WatchedResource{Kind::pod, {"", "v1", "pods"}, "v1", "Pod", kPod, kBarePod},
    WatchedResource{Kind::service, {"", "v1", "services"}, "v1", "Service", kService, kOurService},
    WatchedResource{Kind::disruption_budget,
                    {"policy", "v1", "poddisruptionbudgets"},
                    "policy/v1",
                    "PodDisruptionBudget",
                    kBudget},
    WatchedResource{Kind::autoscaler,
                    {"autoscaling", "v2", "horizontalpodautoscalers"},
                    "autoscaling/v2",
                    "HorizontalPodAutoscaler",
                    kScaler},
    WatchedResource{Kind::node, {"", "v1", "nodes"}, "v1", "Node", kNode},
    WatchedResource{
        Kind::volume, {"", "v1", "persistentvolumes"}, "v1", "PersistentVolume", kVolume},
    WatchedResource{Kind::storage_class,
                    {"storage.k8s.io", "v1", "storageclasses"},
                    "storage.k8s.io/v1",
                    "StorageClass",
                    kStorageClass},
    WatchedResource{Kind::name_space, {"", "v1", "namespaces"}, "v1", "Namespace", kNamespace},
};

}  // namespace

std::span<const WatchedResource> watched_resources() { return kWatched; }

Projection projection_of(const WatchedResource& watched, bool more) {
  std::vector<std::string_view> paths(watched.fields.begin(), watched.fields.end());
  if (watched.namespaced()) paths.insert(paths.end(), kMetadata.begin(), kMetadata.end());
  if (more) paths.insert(paths.end(), watched.more.begin(), watched.more.end());
  return Projection(paths);
}

bool has_more(const Object& object) {
  return object.kind == Kind::service ? is_our_service(object.node) : !object.controller().exists();
}

bool is_kept(const Object& object) {
  if (object.kind != Kind::pod) return true;
  if (has_ended(object)) return false;
  if (!object.controller().exists()) return true;
  const auto volumes = object.spec()["volumes"].items();
  return std::any_of(volumes.begin(), volumes.end(),
                     [](Node volume) { return volume["persistentVolumeClaim"].exists(); });
}

}  // namespace stateward
