// Services, as far as StatefulSets depend on them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kubernetes_version.h"
#include "engine/object.h"
#include "engine/object_set.h"
#include "engine/path.h"
#include "engine/workload.h"

namespace stateward {

// core/v1 ServicePort.
struct ServicePort {
  Node node;
  std::size_t index = 0;

  Path path() const { return Path("/spec/ports") / index; }
  std::int64_t number() const { return node["port"].integer(0); }
  std::string_view protocol() const { return non_empty(node["protocol"], "TCP"); }
  // Where it leads to in a Pod: targetPort, a name or a number; absent or 0, the port itself.
  Node target() const;
};

// core/v1 Service.
struct Service {
  const Object& object;

  // ClusterIP, NodePort, LoadBalancer or ExternalName.
  std::string_view type() const { return non_empty(object.spec()["type"], "ClusterIP"); }
  bool is_external_name() const { return type() == "ExternalName"; }
  // Its name is answered with its Pods' addresses. An absent clusterIP is one still to be given.
  bool is_headless() const {
    return !is_external_name() && object.spec()["clusterIP"].text() == "None";
  }
  Node selector() const { return object.spec()["selector"]; }
  std::vector<ServicePort> ports() const;
  // A name for all members, or an address for one of them, by which they find each other.
  bool is_for_peers() const {
    return is_headless() || selector()["statefulset.kubernetes.io/pod-name"].exists();
  }
  bool publishes_not_ready() const { return object.spec()["publishNotReadyAddresses"].boolean(); }
  // Wants the same by an annotation of 2016, which has no effect since Kubernetes 1.24.
  bool tolerates_unready_endpoints() const {
    return object.annotation("service.alpha.kubernetes.io/tolerate-unready-endpoints") == "true";
  }
  // Whether its endpoints are Pods of that workload, or that Pod. Labels that a set's controller
  // gives to its Pods count. Without a selector it has none but those made by hand.
  bool selects(const Object& workload) const;
};

// The number behind the port of that name in a Pod, as endpoints are made: among containers and
// restartable init containers. nullopt where there is none.
std::optional<std::int64_t> port_named(const PodSpec& pod, std::string_view name,
                                       std::string_view protocol);
// Whether a container declares that number. What listens need not be declared.
bool declares_port(const PodSpec& pod, std::int64_t number, std::string_view protocol);
// How many ports its containers declare.
std::size_t declared_ports(const PodSpec& pod);

// Whether a Service of that release can have that name: a DNS label, which before Kubernetes 1.36
// had to begin with a letter (KEP-5311).
bool is_service_name(std::string_view name, KubernetesVersion kubernetes);
// The name of a governing Service for a set that names none: "<set>-headless", or with an "s-"
// before it where that can be no Service's. Empty where neither can. From the set's name and the
// release alone, so that every door and every repetition answers alike.
std::string proposed_service_name(const Object& stateful_set, KubernetesVersion kubernetes);

// The Service that the set's spec.serviceName names, in its namespace; nullptr where it names none
// or none is known.
const Object* governing_service_of(const Object& stateful_set, const ObjectSet& set);

}  // namespace stateward
