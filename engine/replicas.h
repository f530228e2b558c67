// How many replicas a set may come to have, whoever asks for them.
#pragma once

#include <cstdint>

#include "engine/object.h"
#include "engine/object_set.h"

namespace stateward {

// The autoscaler (HorizontalPodAutoscaler, KEDA ScaledObject) in `set` whose target is `workload`,
// of several the one with the largest maximum; nullptr where there is none.
const Object* autoscaler_of(const Object& workload, const ObjectSet& set);
// maxReplicas as the autoscaler has it (HPA: required; ScaledObject: maxReplicaCount, default 100).
std::int64_t max_replicas_of(const Object& autoscaler);
// The larger of spec.replicas (default 1) and the maximum of an autoscaler that targets the
// workload. 0 replicas is a paused set, not a safe one: it counts as 1.
std::int64_t max_replicas(const Object& workload, const ObjectSet& set);

}  // namespace stateward
