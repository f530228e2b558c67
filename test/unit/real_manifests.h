// Manifests as others have published them, for tests that go through all of them.
#pragma once

#include <functional>

#include "cli/manifests.h"

namespace stateward {

// Calls `visit` for each set of ../shared/corpus, or of the folder that STATEWARD_CORPUS names;
// false where there is no such folder, which is said as a skipped test.
bool for_each_real_set(const std::function<void(const Manifests&)>& visit);

}  // namespace stateward
