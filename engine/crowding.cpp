#include "engine/crowding.h"

#include <fmt/format.h>

#include "engine/workload.h"

namespace stateward {
namespace {

constexpr std::size_t kMostPairs = 1'000'000;

}  // namespace

std::optional<std::string> crowding(const Object& object) {
  const PodSpec pod = pod_spec_of(object);
  const std::size_t volumes = pod.volumes().size() + object.spec()["volumeClaimTemplates"].size();
  std::size_t mounts = 0;
  std::size_t expansions = 0;  // of a variable in a mount's path
  for (const Container& container : pod.containers()) {
    const std::size_t own =
        container.node["volumeMounts"].size() + container.node["volumeDevices"].size();
    mounts += own;
    expansions += own * container.node["env"].size();
  }
  if (volumes * (volumes + mounts) > kMostPairs)
    return fmt::format("{} volumes and {} mounts are more than can be judged", volumes, mounts);
  if (expansions > kMostPairs) {
    return fmt::format("{} mounts beside so many variables are more than can be judged", mounts);
  }
  return std::nullopt;
}

}  // namespace stateward
