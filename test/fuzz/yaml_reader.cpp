// Laws of the YAML reader: a refusal says why and where; what was read can be written as JSON and
// read back equal; every place lies inside its chunk; reading a chunk depends on nothing but the
// chunk.
#include "engine/yaml_reader.h"

#include <algorithm>

#include "engine/json_reader.h"
#include "engine/json_writer.h"
#include "engine/object.h"
#include "engine/shape.h"
#include "test/fuzz/law.h"

using namespace stateward;

namespace {

void check_document(const ReadDocument& read, YamlChunk chunk) {
  const auto lines =
      static_cast<std::uint32_t>(std::count(chunk.text.begin(), chunk.text.end(), '\n'));
  for (const Span& span : read.document->spans) {
    if (!span.known()) continue;
    LAW(span.start.line >= chunk.first_line && span.start <= span.end);
    // U+0085, U+2028 and a lone CR are line breaks to YAML too, so lines may be more than '\n'
    // says; not on ASCII text.
    const bool plain = std::none_of(chunk.text.begin(), chunk.text.end(),
                                    [](char c) { return c == '\r' || c < 0; });
    if (plain) LAW(span.end.line <= chunk.first_line + lines + 1);
  }
  const std::string json = to_json(read.document->node());
  if (json.front() != '{' && json.front() != '[') return;
  const ReadDocument again = read_json(json, Places::skip);
  LAW(again.document);
  LAW(equal(again.document->node(), read.document->node()));
  for (const Object& object : objects_of(*read.document, "default")) misshapes(object);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::size_t covered = 0;
  for (const YamlChunk& chunk : split_yaml(text)) {
    covered += chunk.text.size();
    const ReadDocument read = read_yaml(chunk);
    for (const Diagnostic& diagnostic : read.diagnostics)
      LAW(!diagnostic.message.empty() && diagnostic.span.known());
    if (read.document) check_document(read, chunk);
  }
  LAW(covered == text.size());
  return 0;
}
