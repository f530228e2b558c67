#include "engine/object.h"

#include <array>

namespace stateward {
namespace {

struct KnownKind {
  std::string_view group;
  std::string_view kind;
  Kind known = Kind::other;
};

// Groups that served a kind before its present one are listed too (extensions/v1beta1,
// policy/v1beta1 by group).
constexpr std::array kKnownKinds = {
    KnownKind{"apps", "StatefulSet", Kind::stateful_set},
    KnownKind{"apps", "Deployment", Kind::deployment},
    KnownKind{"extensions", "Deployment", Kind::deployment},
    KnownKind{"apps", "ReplicaSet", Kind::replica_set},
    KnownKind{"extensions", "ReplicaSet", Kind::replica_set},
    KnownKind{"", "ReplicationController", Kind::replication_controller},
    KnownKind{"apps", "DaemonSet", Kind::daemon_set},
    KnownKind{"extensions", "DaemonSet", Kind::daemon_set},
    KnownKind{"batch", "Job", Kind::job},
    KnownKind{"batch", "CronJob", Kind::cron_job},
    KnownKind{"", "Pod", Kind::pod},
    KnownKind{"", "PersistentVolumeClaim", Kind::claim},
    KnownKind{"", "Service", Kind::service},
    KnownKind{"policy", "PodDisruptionBudget", Kind::disruption_budget},
    KnownKind{"autoscaling", "HorizontalPodAutoscaler", Kind::autoscaler},
    KnownKind{"keda.sh", "ScaledObject", Kind::autoscaler},
    KnownKind{"autoscaling", "Scale", Kind::scale},
    KnownKind{"stateward.dev", "Settings", Kind::settings},
    KnownKind{"", "ConfigMap", Kind::config_map},
    KnownKind{"", "Secret", Kind::secret},
    KnownKind{"", "Node", Kind::node},
    KnownKind{"", "PersistentVolume", Kind::volume},
    KnownKind{"storage.k8s.io", "StorageClass", Kind::storage_class},
    KnownKind{"", "Namespace", Kind::name_space},
};

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

// What a list says of entries that do not say it themselves.
struct Inherited {
  std::string_view api_version;
  std::string_view kind;
};

class Collector {
 public:
  Collector(const Document& document, std::string_view default_namespace)
      : document_(document), default_namespace_(default_namespace) {}

  void add(Node node, const Inherited& inherited) {
    const std::string_view api_version = node["apiVersion"].text(inherited.api_version);
    const std::string_view kind = node["kind"].text(inherited.kind);
    if (api_version.empty() || kind.empty()) return;
    if (kind.ends_with("List") && node["items"].is_list()) {
      const Inherited typed =
          kind == "List" ? Inherited{} : Inherited{api_version, kind.substr(0, kind.size() - 4)};
      for (const Node item : node["items"].items()) add(item, typed);
      return;
    }
    const Node metadata = node["metadata"];
    const Kind known = kind_of(api_version, kind);
    objects.push_back({.kind = known,
                       .api_version = api_version,
                       .kind_name = kind,
                       .name_space = is_cluster_scoped(known)
                                         ? std::string_view()
                                         : non_empty(metadata["namespace"], default_namespace_),
                       .name = metadata["name"].text(),
                       .node = node,
                       .document = &document_});
  }

  std::vector<Object> objects;

 private:
  const Document& document_;
  std::string_view default_namespace_;
};

}  // namespace

std::string_view Object::group() const { return group_of(api_version); }

Node Object::controller() const {
  for (const Node owner : metadata()["ownerReferences"].items()) {
    if (owner["controller"].boolean()) return owner;
  }
  return {};
}

Kind Object::controller_kind() const {
  const Node owner = controller();
  return kind_of(owner["apiVersion"].text(), owner["kind"].text());
}

Kind kind_of(std::string_view api_version, std::string_view kind) {
  const std::string_view group = group_of(api_version);
  for (const KnownKind& known : kKnownKinds) {
    if (known.kind == kind && known.group == group) return known.known;
  }
  return Kind::other;
}

std::vector<std::string_view> names_of(const KindSet& kinds) {
  std::vector<std::string_view> names;
  for (const KnownKind& known : kKnownKinds) {
    if (kinds.contains(known.known)) names.push_back(known.kind);
  }
  return names;
}

std::vector<Object> objects_of(const Document& document, std::string_view default_namespace) {
  Collector collector(document, default_namespace);
  collector.add(document.node(), {});
  return std::move(collector.objects);
}

}  // namespace stateward
