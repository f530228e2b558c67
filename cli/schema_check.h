// A JSON value against a JSON Schema (draft 7), and what is wrong in words for people. Schemas of
// ours use type, properties, required, additionalProperties, items, enum, minimum, maximum,
// minItems and minLength, so that each complaint has one place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/diagnostic.h"
#include "engine/path.h"

namespace stateward {

struct SchemaComplaint {
  Path path;  // an unknown member's, or the wrong value's
  std::string message;
};

// In the order of their places; empty where the value is valid.
std::vector<SchemaComplaint> schema_complaints(const nlohmann::json& schema,
                                               const nlohmann::json& value);

// The same of a document, by their places in its text.
std::vector<Diagnostic> schema_diagnostics(const nlohmann::json& schema, const Document& document);

}  // namespace stateward
