// Prints what our reader makes of YAML streams, in the form of test/cluster/go_yaml, to be compared
// with it.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/json_writer.h"
#include "engine/yaml_reader.h"

using namespace stateward;

namespace {

void write_sorted(Node node, JsonWriter& out) {
  if (node.is_list()) {
    out.begin_array();
    for (const Node item : node.items()) write_sorted(item, out);
    out.end_array();
  } else if (node.is_map()) {
    std::vector<Node::Members::Entry> members;
    for (const auto member : node.members()) members.push_back(member);
    std::sort(members.begin(), members.end(),
              [](const auto& l, const auto& r) { return l.key < r.key; });
    out.begin_object();
    for (const auto& [key, value] : members) {
      out.key(key);
      write_sorted(value, out);
    }
    out.end_object();
  } else {
    out.node(node);
  }
}

void print(const char* name, std::size_t index, const ReadDocument& read) {
  const bool error =
      std::any_of(read.diagnostics.begin(), read.diagnostics.end(),
                  [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
  if (!read.document) {
    if (error) std::printf("%s\t%zu\trefused\n", name, index);
    return;
  }
  std::string json;
  JsonWriter out(json);
  write_sorted(read.document->node(), out);
  std::printf("%s\t%zu\t%s\t%s\n", name, index, error ? "twice" : "ok", json.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!text.empty() && text.back() != '\n')
      text += '\n';  // kubectl's reader of lines ends the last one
    std::size_t index = 0;
    for (const YamlChunk& chunk : split_yaml(text)) print(argv[i], index++, read_yaml(chunk));
  }
}
