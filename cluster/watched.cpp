#include "cluster/watched.h"

#include <algorithm>
#include <array>
#include <vector>

#include "cluster/governing_service.h"
#include "engine/workload.h"

namespace stateward {
namespace {

// Of everything that stands in a namespace.
constexpr auto kMetadataFields = std::to_array<std::string_view>({
    "metadata name",
    "metadata annotations stateward.dev/*",
    "metadata ownerReferences apiVersion",
    "metadata ownerReferences kind",
    "metadata ownerReferences name",
    "metadata ownerReferences controller",
    "metadata deletionTimestamp",
});

constexpr auto kStatefulSetFields = std::to_array<std::string_view>({
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

constexpr auto kClaimFields = std::to_array<std::string_view>({
    "metadata labels",
    "metadata creationTimestamp",
    "spec accessModes",
    "spec volumeMode",
    "spec volumeName",
});

constexpr auto kPodFields = std::to_array<std::string_view>({
    "spec volumes name",
    "spec volumes persistentVolumeClaim",
    "spec containers volumeMounts name",
    "spec containers volumeMounts readOnly",
    "spec initContainers volumeMounts name",
    "spec initContainers volumeMounts readOnly",
});

// A Pod made by hand may stand in a member's place: whether its labels are the set's is asked.
constexpr auto kBarePodFields = std::to_array<std::string_view>({
    "metadata labels",
    "spec containers name",
    "spec initContainers name",
});

constexpr auto kServiceFields = std::to_array<std::string_view>({
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
constexpr auto kOurServiceFields = std::to_array<std::string_view>({
    "metadata ownerReferences uid",
    "metadata managedFields manager",
    "metadata managedFields subresource",
    "metadata managedFields fieldsV1 f:spec f:selector",
});

constexpr auto kBudgetFields = std::to_array<std::string_view>({
    "metadata uid",
    "metadata labels",
    "spec",
});

constexpr auto kScalerFields = std::to_array<std::string_view>({
    "spec scaleTargetRef",
    "spec minReplicas",
    "spec maxReplicas",
});

constexpr auto kNodeFields = std::to_array<std::string_view>({
    "metadata name",
    "metadata deletionTimestamp",
    "spec taints key",
    "spec taints effect",
});

constexpr auto kVolumeFields = std::to_array<std::string_view>({
    "metadata name",
    "spec claimRef name",
    "spec claimRef namespace",
});

constexpr auto kStorageClassFields = std::to_array<std::string_view>({
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

constexpr auto kNamespaceFields = std::to_array<std::string_view>({
    "metadata name",
    "metadata labels stateward.dev/*",
    "metadata deletionTimestamp",
});

constexpr std::array kWatched = {
    WatchedResource{api::kStatefulSets, kStatefulSetFields},
    WatchedResource{api::kClaims, kClaimFields},
    WatchedResource{api::kPods, kPodFields, kBarePodFields},
    WatchedResource{api::kServices, kServiceFields, kOurServiceFields},
    WatchedResource{api::kBudgets, kBudgetFields},
    WatchedResource{api::kAutoscalers, kScalerFields},
    WatchedResource{api::kNodes, kNodeFields},
    WatchedResource{api::kVolumes, kVolumeFields},
    WatchedResource{api::kStorageClasses, kStorageClassFields},
    WatchedResource{api::kNamespaces, kNamespaceFields},
};

}  // namespace

std::span<const WatchedResource> watched_resources() { return kWatched; }

Projection projection_of(const WatchedResource& watched, bool more) {
  std::vector<std::string_view> paths(watched.fields.begin(), watched.fields.end());
  if (watched.namespaced())
    paths.insert(paths.end(), kMetadataFields.begin(), kMetadataFields.end());
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
