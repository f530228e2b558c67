// A Kubernetes object as judged: its identity, and a Node on what was written. Lists are unwrapped
// before this. An Object borrows from its Document and from the default namespace it was read with.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "engine/document.h"

namespace stateward {

// The kinds that policies look at; all else is `other`. Legacy API versions count as their
// successors.
enum class Kind : std::uint8_t {
  other,
  stateful_set,
  deployment,
  replica_set,
  replication_controller,
  daemon_set,
  job,
  cron_job,
  pod,
  claim,  // PersistentVolumeClaim
  service,
  disruption_budget,  // PodDisruptionBudget
  autoscaler,         // HorizontalPodAutoscaler, or a KEDA ScaledObject
  scale,              // autoscaling Scale: what statefulsets/scale carries
  settings,           // our own, as a file
  // Looked up among files, never judged.
  config_map,
  secret,
  // Of the cluster, not of a namespace: looked up, never judged.
  node,
  volume,  // PersistentVolume
  storage_class,
  name_space,
};
// Objects of these kinds belong to no namespace.
constexpr bool is_cluster_scoped(Kind kind) { return kind >= Kind::node; }

class KindSet {
 public:
  constexpr KindSet(std::initializer_list<Kind> kinds) {
    for (const Kind kind : kinds) bits_ |= bit(kind);
  }
  constexpr bool contains(Kind kind) const { return (bits_ & bit(kind)) != 0; }

 private:
  static constexpr std::uint32_t bit(Kind kind) {
    return std::uint32_t{1} << static_cast<unsigned>(kind);
  }
  std::uint32_t bits_ = 0;
};

struct Object {
  Kind kind = Kind::other;
  std::string_view api_version;
  std::string_view kind_name;   // as written: "StatefulSet"
  std::string_view name_space;  // as written, or the default it was read with
  std::string_view name;        // empty where only generateName is given
  Node node;
  const Document* document = nullptr;  // which `node` belongs to
  std::uint32_t source = 0;            // the door's own numbering of where it came from

  Node metadata() const { return node["metadata"]; }
  Node spec() const { return node["spec"]; }
  std::string_view label(std::string_view key) const { return metadata()["labels"][key].text(); }
  std::string_view annotation(std::string_view key) const {
    return metadata()["annotations"][key].text();
  }
  std::string_view group() const;  // "apps" of "apps/v1"; empty for the core group
  bool being_deleted() const { return metadata()["deletionTimestamp"].exists(); }
  // metadata.ownerReferences[controller=true], absent where there is none.
  Node controller() const;
  Kind controller_kind() const;  // `other` where there is none
  // Some policy may be about it.
  bool known() const { return kind != Kind::other && kind < Kind::config_map; }
};

Kind kind_of(std::string_view api_version, std::string_view kind);
// What objects of these kinds are written as: "HorizontalPodAutoscaler", "ScaledObject". A name may
// stand there twice.
std::vector<std::string_view> names_of(const KindSet& kinds);

// The objects of a document: itself, or the entries of a List (also a typed one such as
// StatefulSetList), nested ones too. A document without apiVersion and kind holds none. Objects
// that name no namespace get `default_namespace`, those of the cluster none.
std::vector<Object> objects_of(const Document& document, std::string_view default_namespace);

}  // namespace stateward
