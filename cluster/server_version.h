// Which release of Kubernetes the API server is.
#pragma once

#include "cluster/api_client.h"
#include "engine/kubernetes_version.h"

namespace stateward {

// What its /version says as gitVersion.
ApiResult<KubernetesVersion> server_version(ApiClient& client);

}  // namespace stateward
