#include "engine/replicas.h"

#include <algorithm>

namespace stateward {
namespace {

bool is_keda(const Object& autoscaler) { return autoscaler.group() == "keda.sh"; }

// An autoscaler may write it in lower case too: the API server's own look-up of kinds takes both.
bool names_kind(std::string_view written, std::string_view kind) {
  return written == kind ||
         std::equal(
             written.begin(), written.end(), kind.begin(), kind.end(), [](char one, char of) {
               return one == (of >= 'A' && of <= 'Z' ? static_cast<char>(of - 'A' + 'a') : of);
             });
}

bool targets(const Object& autoscaler, const Object& workload) {
  const Node target = autoscaler.spec()["scaleTargetRef"];
  // A ScaledObject that names no kind means a Deployment.
  const bool defaulted = is_keda(autoscaler) && target["kind"].text().empty();
  const std::string_view kind = defaulted ? "Deployment" : target["kind"].text();
  if (target["name"].text() != workload.name || !names_kind(kind, workload.kind_name)) return false;
  // The same kind of another group is another thing; the versions of a group are one.
  const std::string_view api_version = target["apiVersion"].text();
  return api_version.empty() || kind_of(api_version, workload.kind_name) == workload.kind;
}

}  // namespace

const Object* autoscaler_of(const Object& workload, const ObjectSet& set) {
  if (workload.name.empty()) return nullptr;
  const Object* largest = nullptr;
  for (const Object* autoscaler : set.all(Kind::autoscaler, workload.name_space)) {
    if (!targets(*autoscaler, workload)) continue;
    if (largest == nullptr || max_replicas_of(*autoscaler) > max_replicas_of(*largest))
      largest = autoscaler;
  }
  return largest;
}

std::int64_t max_replicas_of(const Object& autoscaler) {
  constexpr std::int64_t kKedaDefault = 100;
  if (is_keda(autoscaler)) return autoscaler.spec()["maxReplicaCount"].integer(kKedaDefault);
  return autoscaler.spec()["maxReplicas"].integer(1);
}

std::int64_t max_replicas(const Object& workload, const ObjectSet& set) {
  const std::int64_t written = std::max<std::int64_t>(1, workload.spec()["replicas"].integer(1));
  const Object* autoscaler = autoscaler_of(workload, set);
  return autoscaler == nullptr ? written : std::max(written, max_replicas_of(*autoscaler));
}

}  // namespace stateward
