// Reads YAML as kubectl does: sigs.k8s.io/yaml on go-yaml v2, a port of libyaml, whose events are
// read here. Typing is YAML 1.1's as go-yaml has it (yes, on, 0644, 1_000; keys too), merge keys
// and aliases are resolved, aliases by reference. What kubectl refuses is refused, duplicate keys
// as strict decoding does, with both places.
#pragma once

#include <optional>
#include <vector>

#include "engine/diagnostic.h"
#include "engine/document.h"
#include "engine/yaml_chunk.h"

namespace stateward {

struct ReadDocument {
  std::optional<Document>
      document;  // absent where the text is broken or holds nothing but comments
  std::vector<Diagnostic> diagnostics;
};

// Reads one chunk. Duplicate keys are diagnosed and the last one counts; every other diagnostic
// leaves no document.
ReadDocument read_yaml(YamlChunk chunk);

}  // namespace stateward
