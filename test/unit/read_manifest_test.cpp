#include "cli/read_manifest.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

using namespace stateward;

namespace {

// Each document as "name@line:column" of metadata.name's value, each diagnostic as "!line:column".
std::string outline(const ReadManifest& manifest) {
  std::string text = manifest.is_template ? "template" : "";
  const auto add = [&](const std::string& entry) { text += (text.empty() ? "" : " ") + entry; };
  for (const ReadDocument& read : manifest.documents) {
    if (read.document) {
      const Node name = read.document->node()["metadata"]["name"];
      const Position start = read.document->span(name.value()->place).start;
      add(fmt::format("{}@{}:{}", name.text(), start.line, start.column));
    }
    for (const Diagnostic& diagnostic : read.diagnostics)
      add(fmt::format("!{}:{}", diagnostic.span.start.line, diagnostic.span.start.column));
  }
  return text;
}

std::string outline(std::string_view text, bool named_json = false) {
  return outline(read_manifest(text, named_json));
}

}  // namespace

TEST_CASE("JSON documents may stand one behind the other, each with its own places") {
  CHECK(outline(R"({"metadata":{"name":"a"}})") == "a@1:21");
  CHECK(outline("\n {\"metadata\":{\"name\":\"a\"}} {\"metadata\":\n{\"name\":\"b\"}}"
                "{\"metadata\":{\"name\":\"c\"}}\n") == "a@2:22 b@3:9 c@3:34");
  CHECK(
      outline("{\"x\":\"}ö{\\\"\",\"metadata\":{\"name\":\"a\"}}{\"metadata\":{\"name\":\"b\"}}") ==
      "a@1:33 b@1:58");
  CHECK(outline("{\"metadata\":{\"name\":\"a\"}} {\"metadata\":nope}", true) == "a@1:21 !1:39");
}

TEST_CASE("what is not JSON although it begins so is read as YAML") {
  CHECK(outline("{metadata: {name: a}}\n---\n{metadata: {name: b}}\n") == "a@1:19 b@3:19");
  CHECK(outline("{\"metadata\":{\"name\":\"a\"}}\n---\nmetadata:\n  name: b\n---\nx: [\n") ==
        "a@1:21 b@4:9 !7:1");
  CHECK(outline("{\"metadata\":{\"name\":\"a\"}}\n---\nmetadata:\n  name: b\n---\nx: [\n", true) ==
        "a@1:21 b@4:9 !7:1");
  CHECK(outline("{metadata: {name: a}}", true) == "a@1:19");
}

TEST_CASE("a broken document does not take its neighbours along") {
  CHECK(outline("metadata: {name: a}\n---\nx: [\n---\nmetadata: {name: b}\n") ==
        "a@1:18 !4:1 b@5:18");
  CHECK(outline("{\"metadata\":{\"name\":\"a\"}}\n{\"metadata\":{\"name\":\"b\"}}\n{\"x\":}") ==
        "a@1:21 b@2:21 !3:6");
  CHECK(read_manifest("{\"metadata\":{\"name\":\"a\"}}\n{\"x\":}", false)
            .documents.back()
            .diagnostics.front()
            .message.starts_with("not JSON"));
  CHECK(read_manifest("{\"metadata\":{\"name\":\"a\"}}\n---\nx: [\n", false)
            .documents.back()
            .diagnostics.front()
            .message.starts_with("not YAML"));
  CHECK(read_manifest("{\"x\": [}", true)
            .documents.back()
            .diagnostics.front()
            .message.starts_with("not JSON"));
}

TEST_CASE("templates that are not YAML yet are recognised, and the rest of the file is read") {
  CHECK(outline("metadata:\n  name: {{ .Release.Name }}\n") == "template");
  CHECK(outline("{{- if .Values.on }}\nkind: Pod\n{{- end }}\n") == "template");
  CHECK(outline("{{- if .Values.on }}\nkind: Pod\n---\nmetadata: {name: a}\n---\n{{- end }}\n") ==
        "template a@4:18");
  CHECK(outline("kind: Pod\nmetadata: {name: '{{ .Release.Name }}-x'}\n") == "template");
  CHECK(outline("kind: '{{ .Values.kind }}'\nmetadata: {name: a}\n") == "template");
  CHECK(outline("metadata: {name: {{ .x }}}\n---\nx: [\n") == "template");
}

TEST_CASE("braces inside real YAML make no template") {
  CHECK(outline("metadata: {name: a}\nsummary: 'up {{ $labels.job }}'\n") == "a@1:18");
  CHECK(outline("metadata: {name: a}\nsummary: '{{ $value }}'\n---\nx: [\n") == "a@1:18 !5:1");
}

TEST_CASE("Helm's comment above a document names its template") {
  const ReadManifest manifest = read_manifest(
      "---\n# Source: web/templates/a.yaml\nkind: A\n"
      "---\r\n\r\n# by hand\r\n# Source: web/charts/db/templates/b c.yaml\r\nkind: B\r\n"
      "---\nkind: C\n# Source: too late\n"
      "--- # Source: not here\nkind: D\n",
      false);
  CHECK(manifest.templates == std::vector<std::string>{"web/templates/a.yaml",
                                                       "web/charts/db/templates/b c.yaml", "", ""});
  CHECK(read_manifest("# Source: a.yaml", false).templates.size() <= 1);
  CHECK(read_manifest("{\"kind\": \"A\"}", false).templates == std::vector<std::string>{""});
}
