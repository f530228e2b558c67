// Services, as far as StatefulSets depend on them.
#pragma once

#include <string_view>

#include "engine/object.h"
#include "engine/object_set.h"

namespace stateward {

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
};

// The Service that the set's spec.serviceName names, in its namespace; nullptr where it names none
// or none is known.
const Object* governing_service_of(const Object& stateful_set, const ObjectSet& set);

}  // namespace stateward
