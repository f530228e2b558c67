// Where a YAML stream is cut into documents: at lines that begin with "---", before anything is
// parsed, as kubectl cuts it. So a broken document never takes its neighbours along.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/document.h"

namespace stateward {

// One document as text, with the separator that it begins with.
struct YamlChunk {
  std::string_view text;
  std::uint32_t first_line = 1;  // of `text` in the stream
};

std::vector<YamlChunk> split_yaml(std::string_view stream);

// Where content begins in the line of the separator; there kubectl takes nothing but a comment.
std::optional<Position> text_behind_separator(const YamlChunk& chunk);

}  // namespace stateward
