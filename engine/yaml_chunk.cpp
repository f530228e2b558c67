#include "engine/yaml_chunk.h"

namespace stateward {

std::vector<YamlChunk> split_yaml(std::string_view stream) {
  std::vector<YamlChunk> chunks;
  std::uint32_t line = 1;
  YamlChunk chunk{.first_line = 1};
  std::size_t start = 0;
  for (std::size_t at = 0; at < stream.size(); ++line) {
    if (stream.substr(at).starts_with("---") && at != start) {
      chunk.text = stream.substr(start, at - start);
      chunks.push_back(chunk);
      chunk.first_line = line;
      start = at;
    }
    const std::size_t end = stream.find('\n', at);
    at = end == std::string_view::npos ? stream.size() : end + 1;
  }
  chunk.text = stream.substr(start);
  if (!chunk.text.empty()) chunks.push_back(chunk);
  return chunks;
}

std::optional<Position> text_behind_separator(const YamlChunk& chunk) {
  if (!chunk.text.starts_with("---")) return std::nullopt;
  const std::string_view rest = chunk.text.substr(3, chunk.text.find('\n') - 3);
  const std::size_t start = rest.find_first_not_of(" \t\r\f\v");
  if (start == std::string_view::npos || rest[start] == '#') return std::nullopt;
  return Position{chunk.first_line, static_cast<std::uint32_t>(4 + start)};
}

}  // namespace stateward
