// A set of files, read: their objects as one ObjectSet, and everything that could not be read as
// diagnostics.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "cli/inputs.h"
#include "engine/diagnostic.h"
#include "engine/object_set.h"

namespace stateward {

struct Manifests {
  struct File {
    std::string name;
    std::string text;
  };
  std::vector<File> files;         // Object::source counts these
  std::deque<Document> documents;  // what the objects look into
  ObjectSet set;                   // every object, also those that are not judged
  std::vector<const Object*> judged;
  std::vector<Diagnostic> diagnostics;
  std::size_t document_count = 0;  // that held anything
  std::size_t ignored =
      0;  // documents without apiVersion and kind, and objects of kinds nobody judges

  const File& file_of(const Object& object) const { return files[object.source]; }
};

// Reads and frees nothing: the caller drops the result when it has been reported. A file that
// cannot be read is an error. The objects' default namespace must outlive the result.
Result<Manifests> load_manifests(const InputSet& inputs, std::string_view default_namespace,
                                 ObjectSet::Coverage coverage);

}  // namespace stateward
