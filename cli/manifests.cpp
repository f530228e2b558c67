#include "cli/manifests.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>
#include <utility>

#include "cli/read_manifest.h"
#include "engine/location.h"
#include "engine/patch.h"
#include "engine/shape.h"

namespace stateward {
namespace {

using Severity = Diagnostic::Severity;

constexpr Span kFirstByte{{1, 1}, {1, 1}};

class Loader {
 public:
  Loader(const KustomizePatches& patches, std::string_view default_namespace,
         ObjectSet::Coverage coverage, std::string_view charts_in)
      : patches_(patches),
        default_namespace_(default_namespace),
        coverage_(coverage),
        charts_in_(charts_in) {}

  void read(const InputFile& input) {
    manifests_.files.push_back({input.name, {}});
    is_patch_.push_back(patches_.contains(input));
    auto text = read_input(input);
    if (!text) return say(Severity::error, kFirstByte, "cannot be read: " + text.error().message);
    std::string& content = manifests_.files.back().text;
    content = std::move(*text);
    ReadManifest manifest = read_manifest(content, input.path.ends_with(".json"));
    if (manifest.is_template) {
      say(Severity::note, kFirstByte,
          "a template, not YAML yet; render it first: helm template CHART | stateward validate -");
    }
    for (std::size_t index = 0; index < manifest.documents.size(); ++index) {
      keep(std::move(manifest.documents[index]), manifest.templates[index]);
    }
  }

  Manifests finish() {
    std::erase_if(objects_, [&](const Object& object) { return !is_whole(object); });
    manifests_.set = ObjectSet(std::move(objects_), coverage_);
    std::set<const Object*> repeated;
    for (const ObjectSet::Duplicate& duplicate : manifests_.set.duplicates()) {
      report(duplicate);
      repeated.insert(duplicate.again);
    }
    for (const Object& object : manifests_.set.objects()) choose(object, repeated);
    std::stable_sort(manifests_.diagnostics.begin(), manifests_.diagnostics.end(),
                     [](const auto& left, const auto& right) {
                       return std::tie(left.file, left.span.start) <
                              std::tie(right.file, right.span.start);
                     });
    return std::move(manifests_);
  }

 private:
  void say(Severity severity, const Span& span, std::string message) {
    manifests_.diagnostics.push_back(
        {severity, manifests_.files.back().name, span, std::move(message)});
  }

  void say(const Object& object, Severity severity, const Path& path, std::string message) {
    const Span span = locate(*object.document, object.node, path);
    manifests_.diagnostics.push_back(
        {severity, manifests_.file_of(object).name, span, std::move(message)});
  }

  void keep(ReadDocument read, const std::string& made_from) {
    for (Diagnostic& diagnostic : read.diagnostics) {
      say(diagnostic.severity, diagnostic.span, std::move(diagnostic.message));
    }
    if (!read.document) return;
    ++manifests_.files.back().documents;
    const Node node = read.document->node();
    if (!node["apiVersion"].is_text() || !node["kind"].is_text()) {
      ++manifests_.ignored;
      return;
    }
    const Document& document = manifests_.documents.emplace_back(std::move(*read.document));
    if (!made_from.empty())
      manifests_.templates.emplace(&document, (charts_in_ / made_from).lexically_normal());
    for (Object object : objects_of(document, default_namespace_)) {
      object.source = static_cast<std::uint32_t>(manifests_.files.size() - 1);
      objects_.push_back(object);
    }
  }

  bool is_whole(const Object& object) {
    const bool named = is_patch_[object.source];
    if (!named && !looks_like_patch(object)) return true;
    ++manifests_.ignored;
    if (!said_to_be_patch_.insert(object.source).second) return false;
    say(object, Severity::note, {},
        fmt::format(
            "{}, so not judged; judge the result: kustomize build DIR | stateward validate -",
            named ? "a kustomize patch" : "without selector, labels or image: a kustomize patch"));
    return false;
  }

  void choose(const Object& object, const std::set<const Object*>& repeated) {
    if (!object.known()) {
      ++manifests_.ignored;
      return;
    }
    const std::vector<Misshape> wrong = misshapes(object);
    for (const Misshape& misshape : wrong) complain(object, misshape);
    if (!wrong.empty()) return;
    (repeated.contains(&object) ? manifests_.judged_alone : manifests_.judged).push_back(&object);
  }

  void complain(const Object& object, const Misshape& misshape) {
    const std::string place = misshape.path.text();
    if (!has_placeholder(resolve(object.node, misshape.path).text())) {
      return say(object, Severity::error, misshape.path,
                 fmt::format("{}: {}", place, misshape.message));
    }
    say(object, Severity::note, misshape.path,
        fmt::format("{}: a placeholder, so not judged; fill it in first (envsubst, helm template): "
                    "... | stateward validate -",
                    place));
  }

  void report(const ObjectSet::Duplicate& duplicate) {
    const Object& first = *duplicate.first;
    const Span place = locate(*first.document, first.node, "/metadata/name");
    say(*duplicate.again, Severity::note, "/metadata/name",
        fmt::format("{} {} stands already at {}:{}:{}; others are judged against that one",
                    first.kind_name, first.name, manifests_.file_of(first).name, place.start.line,
                    place.start.column));
  }

  const KustomizePatches& patches_;
  std::string_view default_namespace_;
  ObjectSet::Coverage coverage_;
  std::filesystem::path charts_in_;
  Manifests manifests_;
  std::vector<Object> objects_;
  std::vector<bool> is_patch_;  // by file
  std::set<std::uint32_t> said_to_be_patch_;
};

}  // namespace

Manifests load_manifests(const InputSet& inputs, const KustomizePatches& patches,
                         std::string_view default_namespace, ObjectSet::Coverage coverage,
                         std::string_view charts_in) {
  Loader loader(patches, default_namespace, coverage, charts_in);
  for (const InputFile& input : inputs) loader.read(input);
  return loader.finish();
}

}  // namespace stateward
