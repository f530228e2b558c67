// The kinds whose objects we ask an API server for, each written down once: where it serves them,
// and what it says that they are. What is kept of them is for those to say who ask.
#pragma once

#include <string_view>

#include "cluster/api_path.h"
#include "engine/object.h"

namespace stateward {

struct ApiKind {
  Kind kind = Kind::other;
  Resource resource;
  std::string_view api_version;  // of its objects: "apps/v1"
  std::string_view kind_name;    // "StatefulSet"
};

// "apps/v1" is the version v1 of the group apps, "v1" that of the core group.
constexpr ApiKind api_kind(Kind kind, std::string_view api_version, std::string_view plural,
                           std::string_view kind_name) {
  const std::size_t slash = api_version.find('/');
  const bool core = slash == std::string_view::npos;
  return {.kind = kind,
          .resource = {.group = core ? std::string_view() : api_version.substr(0, slash),
                       .version = core ? api_version : api_version.substr(slash + 1),
                       .plural = plural},
          .api_version = api_version,
          .kind_name = kind_name};
}

namespace api {

inline constexpr ApiKind kStatefulSets =
    api_kind(Kind::stateful_set, "apps/v1", "statefulsets", "StatefulSet");
inline constexpr ApiKind kDeployments =
    api_kind(Kind::deployment, "apps/v1", "deployments", "Deployment");
inline constexpr ApiKind kReplicaSets =
    api_kind(Kind::replica_set, "apps/v1", "replicasets", "ReplicaSet");
inline constexpr ApiKind kReplicationControllers =
    api_kind(Kind::replication_controller, "v1", "replicationcontrollers", "ReplicationController");
inline constexpr ApiKind kDaemonSets =
    api_kind(Kind::daemon_set, "apps/v1", "daemonsets", "DaemonSet");
inline constexpr ApiKind kJobs = api_kind(Kind::job, "batch/v1", "jobs", "Job");
inline constexpr ApiKind kCronJobs = api_kind(Kind::cron_job, "batch/v1", "cronjobs", "CronJob");
inline constexpr ApiKind kPods = api_kind(Kind::pod, "v1", "pods", "Pod");
inline constexpr ApiKind kClaims =
    api_kind(Kind::claim, "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
inline constexpr ApiKind kServices = api_kind(Kind::service, "v1", "services", "Service");
inline constexpr ApiKind kBudgets =
    api_kind(Kind::disruption_budget, "policy/v1", "poddisruptionbudgets", "PodDisruptionBudget");
inline constexpr ApiKind kAutoscalers = api_kind(
    Kind::autoscaler, "autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler");
inline constexpr ApiKind kNodes = api_kind(Kind::node, "v1", "nodes", "Node");
inline constexpr ApiKind kVolumes =
    api_kind(Kind::volume, "v1", "persistentvolumes", "PersistentVolume");
inline constexpr ApiKind kStorageClasses =
    api_kind(Kind::storage_class, "storage.k8s.io/v1", "storageclasses", "StorageClass");
inline constexpr ApiKind kNamespaces = api_kind(Kind::name_space, "v1", "namespaces", "Namespace");

}  // namespace api

}  // namespace stateward
