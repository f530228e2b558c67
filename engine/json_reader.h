// Reads one JSON document (RFC 8259) with simdjson: an AdmissionReview, an API object, a .json
// manifest. Stricter than most: no byte order mark, nothing behind the document, no duplicate
// members, at most kMaxDepth levels.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/diagnostic.h"
#include "engine/document.h"
#include "engine/yaml_reader.h"

namespace stateward {

enum class Places : std::uint8_t { skip, keep };

// `first_line` is the line of the text's first byte where the text is part of a larger one.
// Thread safe; each thread keeps its parsers and their buffers.
ReadDocument read_json(std::string_view text, Places places, std::uint32_t first_line = 1);

}  // namespace stateward
