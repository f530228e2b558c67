// A set of files, read: their objects as one ObjectSet, and everything that could not be read as
// diagnostics.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/inputs.h"
#include "cli/kustomize.h"
#include "engine/diagnostic.h"
#include "engine/object_set.h"

namespace stateward {

struct Manifests {
  struct File {
    std::string name;
    std::string text;
    std::size_t documents = 0;  // that held anything
  };
  std::vector<File> files;                           // by name; Object::source counts these
  std::deque<Document> documents;                    // what the objects look into
  std::map<const Document*, std::string> templates;  // that a renderer made documents from
  ObjectSet set;                                     // every object, also those that are not judged
  std::vector<const Object*> judged;
  // Judged by themselves: another of their kind, namespace and name stands before them, and would
  // be taken for a sibling.
  std::vector<const Object*> judged_alone;
  std::vector<Diagnostic> diagnostics;  // by file and place
  // Documents without apiVersion and kind, patches, and objects of kinds nobody judges.
  std::size_t ignored = 0;

  const File& file_of(const Object& object) const { return files[object.source]; }
  // Empty where no renderer says.
  std::string_view template_of(const Object& object) const {
    const auto found = templates.find(object.document);
    return found == templates.end() ? std::string_view() : found->second;
  }
};

// Reads every file of `inputs`; what cannot be read is among the diagnostics. The objects' default
// namespace must outlive the result. Templates get `charts_in`, a folder, before their names.
Manifests load_manifests(const InputSet& inputs, const KustomizePatches& patches,
                         std::string_view default_namespace, ObjectSet::Coverage coverage,
                         std::string_view charts_in = {});

}  // namespace stateward
