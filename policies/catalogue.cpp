#include "policies/catalogue.h"

#include <algorithm>

namespace stateward::policies {

std::vector<const Policy*> all_policies() {
  std::vector<const Policy*> all;
  for (const PolicyEntry& entry : policy_entries_of_build()) all.push_back(entry.policy);
  return all;
}

std::vector<const Injection*> all_injections() {
  std::vector<const Injection*> all;
  for (const InjectionEntry& entry : injection_entries_of_build()) all.push_back(entry.injection);
  std::stable_partition(all.begin(), all.end(),
                        [](const Injection* injection) { return injection->immutable; });
  return all;
}

}  // namespace stateward::policies
