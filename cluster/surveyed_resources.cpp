#include "cluster/surveyed_resources.h"

#include <array>
#include <vector>

namespace stateward {
namespace {

// Of every object: who it is and whose.
constexpr auto kMetadata = std::to_array<std::string_view>({
    "metadata name",
    "metadata namespace",
    "metadata uid",
    "metadata labels",
    "metadata annotations stateward.dev/*",
    "metadata ownerReferences",
    "metadata creationTimestamp",
    "metadata deletionTimestamp",
});

constexpr auto kWhole = std::to_array<std::string_view>({"spec"});

// And how far its members are.
constexpr auto kStatefulSet = std::to_array<std::string_view>({
    "metadata generation",
    "spec",
    "status currentRevision",
    "status observedGeneration",
    "status replicas",
    "status updatedReplicas",
    "status updateRevision",
});

constexpr auto kService = std::to_array<std::string_view>({
    "metadata annotations service.alpha.kubernetes.io/tolerate-unready-endpoints",
    "spec",
});

constexpr auto kClaim = std::to_array<std::string_view>({
    "metadata annotations kubectl.kubernetes.io/last-applied-configuration",
    "metadata annotations meta.helm.sh/release-name",
    "metadata annotations volume.beta.kubernetes.io/storage-class",
    "spec",
    "status phase",
    "status conditions",
});

constexpr auto kPod = std::to_array<std::string_view>({
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
constexpr auto kWorkload = std::to_array<std::string_view>({
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

constexpr auto kCronJob = std::to_array<std::string_view>({
    "spec jobTemplate spec template spec volumes name",
    "spec jobTemplate spec template spec volumes persistentVolumeClaim",
});

// Claims come before what may own or use them, and sets before their Services: what is made between
// two first pages is then not taken for something that lacks its other half.
constexpr std::array kResources = {
    SurveyedResource{
        Kind::claim, {"", "v1", "persistentvolumeclaims"}, "v1", "PersistentVolumeClaim", kClaim},
    SurveyedResource{
        Kind::stateful_set, {"apps", "v1", "statefulsets"}, "apps/v1", "StatefulSet", kStatefulSet},
    SurveyedResource{Kind::pod, {"", "v1", "pods"}, "v1", "Pod", kPod},
    SurveyedResource{
        Kind::deployment, {"apps", "v1", "deployments"}, "apps/v1", "Deployment", kWorkload},
    SurveyedResource{
        Kind::replica_set, {"apps", "v1", "replicasets"}, "apps/v1", "ReplicaSet", kWorkload},
    SurveyedResource{Kind::replication_controller,
                     {"", "v1", "replicationcontrollers"},
                     "v1",
                     "ReplicationController",
                     kWorkload},
    SurveyedResource{
        Kind::daemon_set, {"apps", "v1", "daemonsets"}, "apps/v1", "DaemonSet", kWorkload},
    SurveyedResource{Kind::cron_job, {"batch", "v1", "cronjobs"}, "batch/v1", "CronJob", kCronJob},
    SurveyedResource{Kind::job, {"batch", "v1", "jobs"}, "batch/v1", "Job", kWorkload},
    SurveyedResource{Kind::service, {"", "v1", "services"}, "v1", "Service", kService},
    SurveyedResource{Kind::disruption_budget,
                     {"policy", "v1", "poddisruptionbudgets"},
                     "policy/v1",
                     "PodDisruptionBudget",
                     kWhole},
    SurveyedResource{Kind::autoscaler,
                     {"autoscaling", "v2", "horizontalpodautoscalers"},
                     "autoscaling/v2",
                     "HorizontalPodAutoscaler",
                     kWhole},
};

}  // namespace

std::span<const SurveyedResource> surveyed_resources() { return kResources; }

Projection projection_of(const SurveyedResource& surveyed) {
  std::vector<std::string_view> paths(kMetadata.begin(), kMetadata.end());
  paths.insert(paths.end(), surveyed.fields.begin(), surveyed.fields.end());
  return Projection(paths);
}

}  // namespace stateward
