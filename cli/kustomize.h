// Kustomize patches look like objects and are pieces of them: nothing is judged by a piece. They
// are known by the kustomizations that name them, or by what they lack.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "engine/object.h"

namespace stateward {

class KustomizePatches {
 public:
  KustomizePatches() = default;
  // Looks into every kustomization among `inputs`, and into those beside and one folder above the
  // `arguments`: a patch may be all that was given. What cannot be read is passed over.
  KustomizePatches(const std::vector<std::string>& arguments, const std::vector<InputSet>& inputs);

  // Whether a kustomization applies `file` as a patch (patches, patchesStrategicMerge,
  // patchesJson6902).
  bool contains(const InputFile& file) const;

 private:
  void read(const std::filesystem::path& kustomization);

  std::map<std::string, std::set<std::filesystem::path>> files_;  // by file name, links resolved
  std::set<std::filesystem::path> seen_;
};

// A workload without a selector, and without labels for its Pods or without any image, is nothing
// that could run: it is meant to be merged into one that is.
bool looks_like_patch(const Object& object);

}  // namespace stateward
