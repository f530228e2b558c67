#include "cli/manifests.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "engine/json_reader.h"
#include "engine/location.h"
#include "engine/shape.h"
#include "engine/workload.h"
#include "engine/yaml_reader.h"

namespace stateward {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

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

// kubectl reads any number of JSON documents one behind the other. Each starts at its line's
// beginning, so that columns are right; blanks take the place of what stands before it.
std::vector<ReadDocument> read_json_stream(std::string_view text) {
  std::vector<ReadDocument> documents;
  std::size_t line_start = 0;
  std::uint32_t line = 1;
  std::size_t counted = 0;
  for (std::size_t start = text.find_first_not_of(kWhiteSpace); start != std::string_view::npos;
       start = text.find_first_not_of(kWhiteSpace, start)) {
    const std::size_t end = json_end(text, start);
    for (; counted < start; ++counted) {
      if (text[counted] != '\n') continue;
      ++line;
      line_start = counted + 1;
    }
    std::string padded(start - line_start, ' ');
    padded += text.substr(start, end - start);
    documents.push_back(read_json(padded, Places::keep, line));
    start = end;
  }
  return documents;
}

std::vector<ReadDocument> read_yaml_stream(std::string_view text) {
  std::vector<ReadDocument> documents;
  for (const YamlChunk& chunk : split_yaml(text)) documents.push_back(read_yaml(chunk));
  return documents;
}

bool has_error(const ReadDocument& read) {
  return std::any_of(read.diagnostics.begin(), read.diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
}

// kubectl tries JSON first where the text looks like it, and YAML where that fails.
std::vector<ReadDocument> read_stream(const InputFile& file, std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos || text[first] != '{') return read_yaml_stream(text);
  std::vector<ReadDocument> as_json = read_json_stream(text);
  const bool broken =
      std::any_of(as_json.begin(), as_json.end(), [](const auto& read) { return !read.document; });
  if (!broken) return as_json;
  std::vector<ReadDocument> as_yaml = read_yaml_stream(text);
  const bool yaml_is_fine = std::all_of(as_yaml.begin(), as_yaml.end(),
                                        [](const auto& read) { return read.diagnostics.empty(); });
  return yaml_is_fine || file.path.extension() != ".json" ? std::move(as_yaml) : std::move(as_json);
}

bool has_placeholder(std::string_view text) {
  const std::size_t open = text.find("{{");
  return open != std::string_view::npos && text.find("}}", open) != std::string_view::npos;
}

// A template that nobody rendered yet: it cannot be read, or its objects have no real kind or name.
bool is_template(std::string_view text, const std::vector<ReadDocument>& documents) {
  if (!has_placeholder(text)) return false;
  return std::any_of(documents.begin(), documents.end(), [](const ReadDocument& read) {
    if (!read.document) return has_error(read);
    const Node node = read.document->node();
    return has_placeholder(node["kind"].text()) || has_placeholder(node["metadata"]["name"].text());
  });
}

// The files that a kustomization of the folder applies as patches, by file name.
void collect_patch_names(Node kustomization, std::set<std::string, std::less<>>& names) {
  const auto add = [&](Node path) {
    const std::string_view text = path.text();
    if (!text.empty() && text.find('\n') == std::string_view::npos)
      names.emplace(text.substr(text.rfind('/') + 1));
  };
  for (const Node patch : kustomization["patches"].items()) add(patch["path"]);
  for (const Node patch : kustomization["patchesJson6902"].items()) add(patch["path"]);
  for (const Node patch : kustomization["patchesStrategicMerge"].items()) add(patch);
}

bool is_kustomization(Node node) {
  return node["kind"].text() == "Kustomization" || node["kind"].text() == "Component" ||
         node["patchesStrategicMerge"].is_list() || node["patchesJson6902"].is_list();
}

// A workload without a selector and without any image says nothing that could run: it is meant to
// be merged.
bool looks_like_patch(const Object& object) {
  switch (object.kind) {
    case Kind::stateful_set:
    case Kind::deployment:
    case Kind::replica_set:
    case Kind::daemon_set:
      break;
    default:
      return false;
  }
  const auto containers = pod_spec_of(object).containers();
  return !object.spec()["selector"].exists() &&
         std::all_of(containers.begin(), containers.end(),
                     [](const Container& c) { return c.image().empty(); });
}

class Loader {
 public:
  Loader(std::string_view default_namespace, ObjectSet::Coverage coverage)
      : default_namespace_(default_namespace), coverage_(coverage) {}

  Result<bool> read(const InputFile& input) {
    auto text = read_input(input);
    if (!text) return tl::unexpected(text.error());
    manifests_.files.push_back({input.name, std::move(*text)});
    const std::string& content = manifests_.files.back().text;
    std::vector<ReadDocument> documents = read_stream(input, content);
    if (is_template(content, documents)) {
      say(Diagnostic::Severity::note, {{1, 1}, {1, 1}},
          "a template, not YAML yet; render it first: helm template CHART | stateward validate -");
      return true;
    }
    for (ReadDocument& read : documents) keep(std::move(read));
    return true;
  }

  Manifests finish() {
    std::vector<Object> objects;
    for (const Entry& entry : entries_) {
      for (Object object : objects_of(*entry.document, default_namespace_)) {
        object.source = entry.source;
        objects.push_back(object);
      }
    }
    std::erase_if(objects, [&](const Object& object) { return !is_whole(object); });
    manifests_.set = ObjectSet(std::move(objects), coverage_);
    for (const Object& object : manifests_.set.objects()) choose(object);
    for (const ObjectSet::Duplicate& duplicate : manifests_.set.duplicates()) report(duplicate);
    std::stable_sort(manifests_.diagnostics.begin(), manifests_.diagnostics.end(),
                     [](const auto& left, const auto& right) {
                       return std::tie(left.file, left.span.start) <
                              std::tie(right.file, right.span.start);
                     });
    return std::move(manifests_);
  }

 private:
  struct Entry {
    const Document* document;
    std::uint32_t source;
  };

  std::uint32_t source() const { return static_cast<std::uint32_t>(manifests_.files.size() - 1); }

  void say(Diagnostic::Severity severity, const Span& span, std::string message) {
    manifests_.diagnostics.push_back(
        {severity, manifests_.files.back().name, span, std::move(message)});
  }

  void say(const Object& object, Diagnostic::Severity severity, const Path& path,
           std::string message) {
    const Span span = locate(*object.document, object.node, path);
    manifests_.diagnostics.push_back(
        {severity, manifests_.file_of(object).name, span, std::move(message)});
  }

  void keep(ReadDocument read) {
    for (Diagnostic& diagnostic : read.diagnostics) {
      say(diagnostic.severity, diagnostic.span, std::move(diagnostic.message));
    }
    if (!read.document) return;
    ++manifests_.document_count;
    const Node node = read.document->node();
    if (is_kustomization(node)) collect_patch_names(node, patch_names_);
    if (!node["apiVersion"].is_text() || !node["kind"].is_text()) {
      ++manifests_.ignored;
      return;
    }
    manifests_.documents.push_back(std::move(*read.document));
    entries_.push_back({&manifests_.documents.back(), source()});
  }

  // Patches are pieces of objects: nothing is judged by them or against them.
  bool is_whole(const Object& object) {
    const std::string& file = manifests_.file_of(object).name;
    const bool named = patch_names_.contains(std::string_view(file).substr(file.rfind('/') + 1));
    if (!named && !looks_like_patch(object)) return true;
    ++manifests_.ignored;
    if (!files_of_patches_.insert(object.source).second) return false;
    say(object, Diagnostic::Severity::note, {},
        fmt::format(
            "{}, so not judged; judge the result: kustomize build DIR | stateward validate -",
            named ? "a kustomize patch" : "neither a selector nor an image: a kustomize patch"));
    return false;
  }

  void choose(const Object& object) {
    if (!object.known()) {
      ++manifests_.ignored;
      return;
    }
    const std::vector<Misshape> wrong = misshapes(object);
    for (const Misshape& misshape : wrong) {
      say(object, Diagnostic::Severity::error, misshape.path,
          fmt::format("{}: {}", misshape.path.text(), misshape.message));
    }
    if (wrong.empty()) manifests_.judged.push_back(&object);
  }

  void report(const ObjectSet::Duplicate& duplicate) {
    const Object& first = *duplicate.first;
    const Span place = locate(*first.document, first.node, "/metadata/name");
    say(*duplicate.again, Diagnostic::Severity::note, "/metadata/name",
        fmt::format("{} {} stands already at {}:{}:{}; others are judged against that one",
                    first.kind_name, first.name, manifests_.file_of(first).name, place.start.line,
                    place.start.column));
  }

  std::string_view default_namespace_;
  ObjectSet::Coverage coverage_;
  Manifests manifests_;
  std::vector<Entry> entries_;
  std::set<std::string, std::less<>> patch_names_;
  std::set<std::uint32_t> files_of_patches_;
};

}  // namespace

Result<Manifests> load_manifests(const InputSet& inputs, std::string_view default_namespace,
                                 ObjectSet::Coverage coverage) {
  Loader loader(default_namespace, coverage);
  for (const InputFile& input : inputs) {
    if (auto read = loader.read(input); !read) return tl::unexpected(read.error());
  }
  return loader.finish();
}

}  // namespace stateward
