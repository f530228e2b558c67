// Laws of what is injected: the patch touches only what the injections declare, applies to the very object, and
// injecting once more changes nothing. The input is a manifest.
#include <memory>

#include "engine/injection.h"
#include "engine/yaml_reader.h"
#include "policies/catalogue.h"
#include "test/fuzz/law.h"

using namespace stateward;

namespace {

bool declared(const std::string& path) {
  return path == "/spec/serviceName" || path.starts_with("/metadata/annotations") || path == "/metadata" ||
         (path.starts_with("/spec/template/spec/containers/") && path.ends_with("Probe"));
}

Patch patch_for(const Object& object, const ObjectSet& set) {
  static const auto injections = policies::all_injections();
  return mutate(injections, {.object = object, .set = set, .operation = Operation::create});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::vector<std::unique_ptr<Document>> documents;
  std::vector<Object> objects;
  for (const YamlChunk& chunk : split_yaml(text)) {
    ReadDocument read = read_yaml(chunk);
    if (!read.document) continue;
    documents.push_back(std::make_unique<Document>(std::move(*read.document)));
    for (const Object& object : objects_of(*documents.back(), "default")) objects.push_back(object);
  }
  const ObjectSet set(std::move(objects), ObjectSet::Coverage::complete);
  for (const Object& object : set.objects()) {
    const Patch patch = patch_for(object, set);
    if (patch.empty()) continue;
    for (const PatchOperation& operation : patch) LAW(declared(operation.path.text()));
    const auto result = apply_patch(object.node, patch);
    // The API server has refused an object whose metadata or pod template is no map before we are asked.
    if (!result && !object.metadata().is_map()) continue;
    LAW(result);
    const auto again = objects_of(*result, "default");
    LAW(again.size() == 1 && patch_for(again.front(), set).empty());
  }
  return 0;
}
