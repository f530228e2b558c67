#include "cli/read_manifest.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "engine/json_reader.h"

namespace stateward {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

// A document and the text that it was read from.
struct Part {
  ReadDocument read;
  std::string_view text;

  bool is_broken() const { return !read.document && !read.diagnostics.empty(); }
};

// Where the JSON value that begins at `start` ends, strings respected; the end of `text` where it
// never does.
std::size_t json_end(std::string_view text, std::size_t start) {
  std::size_t depth = 0;
  for (std::size_t at = start; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
      }
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

// Keeps count of lines and columns up to a byte of `text`.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  Position to(std::size_t byte) {
    for (; at_ < byte; ++at_) {
      if (text_[at_] == '\n') {
        position_ = {position_.line + 1, 1};
      } else if ((static_cast<unsigned char>(text_[at_]) & 0xC0U) != 0x80U) {
        ++position_.column;
      }
    }
    return position_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  Position position_{1, 1};
};

// What was read as if it began in column 1 begins at `start`.
void move_to(Position start, ReadDocument& read) {
  if (start.column == 1) return;
  const auto move = [&](Span& span) {
    for (Position* position : {&span.start, &span.end}) {
      if (position->line == start.line) position->column += start.column - 1;
    }
  };
  if (read.document) std::for_each(read.document->spans.begin(), read.document->spans.end(), move);
  for (Diagnostic& diagnostic : read.diagnostics) move(diagnostic.span);
}

std::vector<Part> read_json_stream(std::string_view text) {
  std::vector<Part> parts;
  Walk walk(text);
  std::size_t start = text.find_first_not_of(kWhiteSpace);
  while (start != std::string_view::npos) {
    const std::size_t end = json_end(text, start);
    const Position position = walk.to(start);
    const std::string_view slice = text.substr(start, end - start);
    parts.push_back({read_json(slice, Places::keep, position.line), slice});
    move_to(position, parts.back().read);
    start = text.find_first_not_of(kWhiteSpace, end);
  }
  return parts;
}

std::vector<Part> read_yaml_stream(std::string_view text) {
  std::vector<Part> parts;
  for (const YamlChunk& chunk : split_yaml(text)) parts.push_back({read_yaml(chunk), chunk.text});
  return parts;
}

bool any_broken(const std::vector<Part>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.is_broken(); });
}

bool any_complaint(const std::vector<Part>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [](const Part& part) { return !part.read.diagnostics.empty(); });
}

auto readable(const std::vector<Part>& parts) {
  return std::count_if(parts.begin(), parts.end(),
                       [](const Part& part) { return part.read.document.has_value(); });
}

// kubectl tries JSON first where the text looks like it, and YAML where that fails. Where neither
// reads it all, the reading that understands more documents counts; where both understand as many,
// what the text looks like: separators are YAML's.
std::vector<Part> read_parts(std::string_view text, bool named_json) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos || text[first] != '{') return read_yaml_stream(text);
  std::vector<Part> as_json = read_json_stream(text);
  if (!any_broken(as_json)) return as_json;
  std::vector<Part> as_yaml = read_yaml_stream(text);
  if (!any_complaint(as_yaml)) return as_yaml;
  const auto json_count = readable(as_json);
  const auto yaml_count = readable(as_yaml);
  if (json_count != yaml_count)
    return json_count > yaml_count ? std::move(as_json) : std::move(as_yaml);
  const bool separated = text.find("\n---") != std::string_view::npos;
  return named_json || (json_count > 0 && !separated) ? std::move(as_json) : std::move(as_yaml);
}

bool has_pair(std::string_view text, std::string_view open, std::string_view close) {
  const std::size_t at = text.find(open);
  return at != std::string_view::npos && text.find(close, at) != std::string_view::npos;
}

bool is_rendered_later(std::string_view text) { return has_pair(text, "{{", "}}"); }

// Helm's comment among those above the document's content.
std::string_view source_comment(std::string_view text) {
  constexpr std::string_view kSource = "# Source: ";
  if (text.starts_with("---")) text.remove_prefix(std::min(text.find('\n'), text.size()));
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
    if (!text.starts_with('#')) return {};
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    if (line.starts_with(kSource)) return line.substr(kSource.size());
    text.remove_prefix(line.size());
  }
}

// It cannot be read, or what it describes has no real kind or name yet.
bool is_template(const Part& part) {
  if (!part.read.document) return part.is_broken() && is_rendered_later(part.text);
  const Node node = part.read.document->node();
  return is_rendered_later(node["kind"].text()) ||
         is_rendered_later(node["metadata"]["name"].text());
}

}  // namespace

ReadManifest read_manifest(std::string_view text, bool named_json) {
  std::vector<Part> parts = read_parts(text, named_json);
  ReadManifest manifest;
  manifest.is_template = std::any_of(parts.begin(), parts.end(), is_template);
  for (Part& part : parts) {
    if (manifest.is_template && (part.is_broken() || is_template(part))) continue;
    manifest.templates.emplace_back(source_comment(part.text));
    manifest.documents.push_back(std::move(part.read));
  }
  return manifest;
}

bool has_placeholder(std::string_view text) {
  return is_rendered_later(text) || has_pair(text, "${", "}");
}

}  // namespace stateward
