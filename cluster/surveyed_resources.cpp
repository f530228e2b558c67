#include "cluster/surveyed_resources.h"

#include <array>
#include <vector>

namespace stateward {
namespace {

// Of every object: who it is and whose.
constexpr auto kMetadataFields = std::to_array<std::string_view>({
    "metadata name",
    "metadata namespace",
    "metadata uid",
    "metadata labels",
    "metadata annotations stateward.dev/*",
    "metadata ownerReferences",
    "metadata creationTimestamp",
    "metadata deletionTimestamp",
});

constexpr auto kWholeSpec = std::to_array<std::string_view>({"spec"});

// And how far its members are.
constexpr auto kStatefulSetFields = std::to_array<std::string_view>({
    "metadata generation",
    "spec",
    "status currentRevision",
    "status observedGeneration",
    "status replicas",
    "status updatedReplicas",
    "status updateRevision",
});

constexpr auto kServiceFields = std::to_array<std::string_view>({
    "metadata annotations service.alpha.kubernetes.io/tolerate-unready-endpoints",
    "spec",
});

constexpr auto kClaimFields = std::to_array<std::string_view>({
    "metadata annotations kubectl.kubernetes.io/last-applied-configuration",
    "metadata annotations meta.helm.sh/release-name",
    "metadata annotations volume.beta.kubernetes.io/storage-class",
    "spec",
    "status phase",
    "status conditions",
});

constexpr auto kPodFields = std::to_array<std::string_view>({
    "metadata annotations helm.sh/hook",
    "metadata annotations kubernetes.io/config.mirror",
    "spec subdomain",
    "spec restartPolicy",
    "spec volumes name",
    "spec volumes persistentVolumeClaim",
    "spec containers name",
    "spec containers image",
    "spec containers ports",
    "spec containers command",
    "spec containers args",
    "spec containers stdin",
    "spec containers tty",
    "spec containers volumeMounts name",
    "spec containers volumeMounts readOnly",
    "spec containers volumeDevices name",
    "spec initContainers name",
    "spec initContainers volumeMounts name",
    "spec initContainers volumeMounts readOnly",
    "spec initContainers volumeDevices name",
    "status phase",
});

// Of workloads that make no claims of their own: the claims that they name, how many of their
// Pods meet on one, and how Services find their Pods.
constexpr auto kWorkloadFields = std::to_array<std::string_view>({
    "spec replicas",
    "spec strategy",
    "spec template metadata labels",
    "spec template spec containers name",
    "spec template spec containers image",
    "spec template spec containers ports",
    "spec template spec initContainers ports",
    "spec template spec initContainers restartPolicy",
    "spec template spec volumes name",
    "spec template spec volumes persistentVolumeClaim",
});

constexpr auto kCronJobFields = std::to_array<std::string_view>({
    "spec jobTemplate spec template spec volumes name",
    "spec jobTemplate spec template spec volumes persistentVolumeClaim",
});

// Claims come before what may own or use them, and sets before their Services: what is made between
// two first pages is then not taken for something that lacks its other half.
constexpr std::array kSurveyed = {
    SurveyedResource{api::kClaims, kClaimFields},
    SurveyedResource{api::kStatefulSets, kStatefulSetFields},
    SurveyedResource{api::kPods, kPodFields},
    SurveyedResource{api::kDeployments, kWorkloadFields},
    SurveyedResource{api::kReplicaSets, kWorkloadFields},
    SurveyedResource{api::kReplicationControllers, kWorkloadFields},
    SurveyedResource{api::kDaemonSets, kWorkloadFields},
    SurveyedResource{api::kCronJobs, kCronJobFields},
    SurveyedResource{api::kJobs, kWorkloadFields},
    SurveyedResource{api::kServices, kServiceFields},
    SurveyedResource{api::kBudgets, kWholeSpec},
    SurveyedResource{api::kAutoscalers, kWholeSpec},
};

}  // namespace

std::span<const SurveyedResource> surveyed_resources() { return kSurveyed; }

Projection projection_of(const SurveyedResource& surveyed) {
  std::vector<std::string_view> paths(kMetadataFields.begin(), kMetadataFields.end());
  paths.insert(paths.end(), surveyed.fields.begin(), surveyed.fields.end());
  return Projection(paths);
}

}  // namespace stateward
