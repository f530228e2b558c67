#include "cli/kustomize.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "engine/workload.h"
#include "engine/yaml_reader.h"

namespace stateward {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNames[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};

bool is_kustomization(const InputFile& file) {
  const std::string_view path = file.path;
  return std::find(std::begin(kNames), std::end(kNames), path.substr(path.rfind('/') + 1)) !=
         std::end(kNames);
}

// Links resolved; empty where there is no such folder.
fs::path real_folder_of(const fs::path& file) {
  std::error_code error;
  const fs::path folder = file.parent_path();
  return fs::canonical(folder.empty() ? "." : folder, error);
}

// Patches may also be written out in the kustomization itself: such a text is no file's name.
void collect(Node kustomization, std::vector<std::string_view>& files) {
  const auto add = [&](Node path) {
    const std::string_view text = path.text();
    if (!text.empty() && text.find('\n') == std::string_view::npos) files.push_back(text);
  };
  for (const Node patch : kustomization["patches"].items()) add(patch["path"]);
  for (const Node patch : kustomization["patchesJson6902"].items()) add(patch["path"]);
  for (const Node patch : kustomization["patchesStrategicMerge"].items()) add(patch);
}

}  // namespace

KustomizePatches::KustomizePatches(const std::vector<std::string>& arguments,
                                   const std::vector<InputSet>& inputs) {
  for (const InputSet& set : inputs) {
    for (const InputFile& file : set) {
      if (is_kustomization(file)) read(file.path);
    }
  }
  for (const std::string& argument : arguments) {
    if (argument == "-") continue;
    std::error_code error;
    const fs::path folder =
        real_folder_of(fs::is_directory(argument, error) ? argument + "/" : argument);
    for (const std::string_view name : kNames) {
      read(folder / name);
      read(folder.parent_path() / name);
    }
  }
}

void KustomizePatches::read(const fs::path& kustomization) {
  std::error_code error;
  if (!fs::is_regular_file(kustomization, error)) return;
  const fs::path folder = real_folder_of(kustomization);
  if (!seen_.insert(folder / kustomization.filename()).second) return;
  const auto text = read_input({{}, kustomization});
  if (!text) return;
  for (const YamlChunk& chunk : split_yaml(*text)) {
    const ReadDocument read = read_yaml(chunk);
    if (!read.document) continue;
    std::vector<std::string_view> files;
    collect(read.document->node(), files);
    for (const std::string_view file : files) {
      const fs::path target = fs::weakly_canonical(folder / file, error);
      files_[target.filename()].insert(target);
    }
  }
}

bool KustomizePatches::contains(const InputFile& file) const {
  const auto found = files_.find(fs::path(file.path).filename());
  if (found == files_.end()) return false;
  std::error_code error;
  return found->second.contains(fs::canonical(file.path, error));
}

bool looks_like_patch(const Object& object) {
  constexpr KindSet kSelecting = {Kind::stateful_set, Kind::deployment, Kind::replica_set,
                                  Kind::daemon_set};
  if (!kSelecting.contains(object.kind) || object.spec()["selector"].exists()) return false;
  if (pod_labels_of(object).empty()) return true;
  const auto containers = pod_spec_of(object).containers();
  return std::all_of(containers.begin(), containers.end(),
                     [](const Container& container) { return container.image().empty(); });
}

}  // namespace stateward
