// `stateward explain`: what a policy or injection is about, from the policy itself.
#pragma once

#include <string>

namespace stateward {

struct ExplainOptions {
  std::string id;  // empty: list all
};

// 0, or 2 where there is no such policy.
int run(const ExplainOptions& options);

}  // namespace stateward
