// Whether an API server that has this caBundle would accept this server.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace stateward {

// `chain` (the serving certificate first) leads to a certificate of `bundle` and holds at `now` for
// a server called `name`. Judged as Go does it for the API server: every certificate of the bundle
// is trusted by itself, and only alternative names count. The error says why not.
Result<void> bundle_verifies(std::string_view bundle, std::string_view chain,
                             const std::string& name, std::chrono::sys_seconds now);

}  // namespace stateward
