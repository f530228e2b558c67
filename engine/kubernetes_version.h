// The release of Kubernetes that an object is meant for: what an API server of one release takes,
// that of another refuses.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "engine/result.h"

namespace stateward {

// Four bytes, so that an atomic one needs no lock.
struct KubernetesVersion {
  std::uint8_t major = 1;
  std::uint8_t minor = 0;
  std::uint16_t patch = 0;
  auto operator<=>(const KubernetesVersion&) const = default;
};

// The newest release whose source the policies were held against: what is judged for where nobody
// says another.
inline constexpr KubernetesVersion kLatestKubernetes{.major = 1, .minor = 37};

// Whether an API server of that release drops a StatefulSet's rollingUpdate.maxUnavailable where
// MaxUnavailableStatefulSet was not turned on (kubernetes/kubernetes#137904, #139466).
constexpr bool drops_max_unavailable(KubernetesVersion release) {
  return release < KubernetesVersion{1, 35, 0} ||
         (release >= KubernetesVersion{1, 35, 4} && release < KubernetesVersion{1, 37, 0});
}

// Whether the StatefulSet controller of that release counts broken members of an old revision among
// those that may be unavailable, so that with podManagementPolicy Parallel an update waits for them
// (kubernetes/kubernetes#137409, #137666): the feature was on there, and not mended yet.
constexpr bool waits_for_broken_members(KubernetesVersion release) {
  return release >= KubernetesVersion{1, 35, 0} && release < KubernetesVersion{1, 35, 4};
}

// "1.34", "v1.34.2", or as providers write it: "v1.34.2-eks-1a2b", "v1.34.2+k3s1", "1.34+". Without
// a patch it is the first release of that minor.
Result<KubernetesVersion> parse_kubernetes_version(std::string_view text);

}  // namespace stateward
