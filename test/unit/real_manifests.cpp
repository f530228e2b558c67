#include "test/unit/real_manifests.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "cli/inputs.h"
#include "cli/kustomize.h"

namespace stateward {

bool for_each_real_set(const std::function<void(const Manifests&)>& visit) {
  const char* named = std::getenv("STATEWARD_CORPUS");
  const std::string corpus = named != nullptr ? named : STATEWARD_SOURCE "/../shared/corpus";
  if (!std::filesystem::is_directory(corpus)) {
    std::puts(
        "skipped: real manifests: no folder ../shared/corpus, and STATEWARD_CORPUS names none");
    return false;
  }
  const auto inputs = find_inputs({corpus}, Scope::folder);
  REQUIRE(inputs);
  const KustomizePatches patches({corpus}, *inputs);
  for (const InputSet& input : *inputs)
    visit(load_manifests(input, patches, "default", ObjectSet::Coverage::complete));
  return true;
}

}  // namespace stateward
