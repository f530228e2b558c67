// The catalogue: every policy and injection of the build with its examples, ordered by section and
// id.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/injection.h"
#include "engine/policy.h"

namespace stateward::policies {

// A file of the policy's folder: bad*.yaml, good*.yaml, fixed*.yaml.
struct Example {
  std::string_view file;
  std::string_view text;
};

struct PolicyEntry {
  const Policy* policy = nullptr;
  std::span<const Example> examples;
};

struct InjectionEntry {
  const Injection* injection = nullptr;
  std::span<const Example> examples;
};

std::span<const PolicyEntry> policy_entries_of_build();
std::span<const InjectionEntry> injection_entries_of_build();

// The same without their examples, as evaluate() and mutate() take them. Injections of immutable
// fields come first: others depend on them (a probe is safe where the governing Service will be
// ours).
std::vector<const Policy*> all_policies();
std::vector<const Injection*> all_injections();

}  // namespace stateward::policies
