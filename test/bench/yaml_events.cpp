// The floor that offline speed is quoted against: libyaml's bare event loop over the files, nothing
// kept.
//   yaml_events DIR...   prints files, bytes and events
#include <yaml.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

std::size_t count_events(const std::string& text) {
  yaml_parser_t parser;
  yaml_parser_initialize(&parser);
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
  std::size_t events = 0;
  for (bool done = false; !done; ++events) {
    yaml_event_t event;
    if (yaml_parser_parse(&parser, &event) == 0) break;
    done = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  return events;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  std::size_t bytes = 0;
  std::size_t events = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      const auto extension = entry.path().extension();
      if (extension != ".yaml" && extension != ".yml" && extension != ".json") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      ++files;
      bytes += text.size();
      events += count_events(text);
    }
  }
  std::printf("%zu files, %zu bytes, %zu events\n", files, bytes, events);
}
