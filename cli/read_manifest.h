// From a manifest's text to its documents, as kubectl reads it: YAML or JSON, any number of
// documents, one behind the other. A broken document never takes its neighbours along. Templates
// that nobody rendered yet are recognised.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/yaml_reader.h"

namespace stateward {

struct ReadManifest {
  std::vector<ReadDocument> documents;
  // For each of them the template that it was made from, where Helm's "# Source: ..." above it
  // names one.
  std::vector<std::string> templates;
  // A part of it is a template and not YAML yet. Such parts are left out, and with them what could
  // not be read: it would speak of the template's syntax.
  bool is_template = false;
};

// `named_json`: the file's name says that it is JSON, so a broken one is told as broken JSON.
ReadManifest read_manifest(std::string_view text, bool named_json);

// Whether something is to be filled in yet: "{{ .Values.replicas }}", "${REPLICAS}".
bool has_placeholder(std::string_view text);

}  // namespace stateward
