// Reads YAML as kubectl does: sigs.k8s.io/yaml on go-yaml v2, a port of libyaml, whose events are
// read here. Typing is YAML 1.1's as go-yaml has it (yes, on, 0644, 1_000; keys too), merge keys
// and aliases are resolved, aliases by reference. What kubectl refuses is refused, duplicate keys
// as strict decoding does, with both places.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/diagnostic.h"
#include "engine/document.h"

namespace stateward {

// One document of a stream as text: what stands between two lines that begin with "---".
struct YamlChunk {
  std::string_view text;
  std::uint32_t first_line = 1;  // of `text` in the stream
};

// Cuts a stream where kubectl does, so that a broken document never takes its neighbours along.
std::vector<YamlChunk> split_yaml(std::string_view stream);

struct ReadDocument {
  std::optional<Document>
      document;  // absent where the text is broken or holds nothing but comments
  std::vector<Diagnostic> diagnostics;
};

// Reads one chunk. Duplicate keys are diagnosed and the last one counts; every other diagnostic
// leaves no document.
ReadDocument read_yaml(YamlChunk chunk);

}  // namespace stateward
