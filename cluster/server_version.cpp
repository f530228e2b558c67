#include "cluster/server_version.h"

namespace stateward {

ApiResult<KubernetesVersion> server_version(ApiClient& client) {
  const auto answer = client.get_path("/version");
  if (!answer) return tl::unexpected(answer.error());
  const auto version = parse_kubernetes_version(answer->node()["gitVersion"].text());
  if (!version)
    return tl::unexpected(
        ApiError{.status = 200, .message = "/version: " + version.error().message});
  return *version;
}

}  // namespace stateward
