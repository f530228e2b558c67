#include "cli/manifests.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

const std::string kSet =
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\n"
    "spec: {selector: {}, template: {spec: {containers: [{name: a, image: b}]}}}\n";
const std::string kPiece =
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec: {replicas: 3}\n";

// Everything that `argument` below `folder` holds, as one set.
Manifests load(const TempFolder& folder, const std::string& argument = "") {
  const std::vector<std::string> arguments = {(folder.path() / argument).string()};
  const auto sets = find_inputs(arguments, Scope::input);
  REQUIRE(sets);
  REQUIRE(sets->size() == 1);
  return load_manifests(sets->front(), KustomizePatches(arguments, *sets), "default",
                        ObjectSet::Coverage::partial);
}

// "error a.yaml:1:2: message", names below `folder`.
std::vector<std::string> said(const TempFolder& folder, const Manifests& manifests) {
  std::vector<std::string> all;
  for (const Diagnostic& diagnostic : manifests.diagnostics) {
    std::string text = fmt::format(
        "{} {}:{}:{}: {}", diagnostic.severity == Diagnostic::Severity::error ? "error" : "note",
        diagnostic.file, diagnostic.span.start.line, diagnostic.span.start.column,
        diagnostic.message);
    const std::string prefix = folder.path().string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    all.push_back(text);
  }
  return all;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what is no object and kinds that nobody judges are counted and not complained of") {
  const TempFolder folder;
  folder.write("a.yaml", kSet +
                             "---\nreplicas: 3\n---\n# nothing\n---\n- 1\n---\napiVersion: v1\n"
                             "kind: ConfigMap\nmetadata: {name: c}\n---\nkind: Pod\n");
  const Manifests manifests = load(folder);
  CHECK(manifests.judged.size() == 1);
  REQUIRE(manifests.files.size() == 1);
  CHECK(manifests.files[0].documents == 5);
  CHECK(manifests.ignored == 4);
  CHECK(said(folder, manifests) == Lines{});
}

TEST_CASE("the entries of a List are objects like all others") {
  const TempFolder folder;
  folder.write("a.yaml",
               "apiVersion: v1\nkind: List\nitems:\n"
               "- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n"
               "- {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x}}\n");
  const Manifests manifests = load(folder);
  REQUIRE(manifests.judged.size() == 2);
  CHECK(manifests.judged[0]->name_space == "default");
  CHECK(manifests.judged[1]->name_space == "x");
}

TEST_CASE("an object with a wrong type is an error at its place, and is not judged") {
  const TempFolder folder;
  folder.write("a.yaml",
               "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\n"
               "spec: {selector: {}, replicas: two}\n---\n" +
                   kSet);
  const Manifests manifests = load(folder);
  CHECK(said(folder, manifests).front() ==
        "error a.yaml:4:32: /spec/replicas: expected a whole number, found text");
}

TEST_CASE("a placeholder where another type belongs is said to be one, and no error") {
  const TempFolder folder;
  folder.write("a.yaml",
               "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\n"
               "spec:\n  selector: {}\n  replicas: ${REPLICAS}\n---\n"
               "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\n"
               "spec: {selector: {}, replicas: '{{ .Values.replicas }}', minReadySeconds: few}\n");
  const Manifests manifests = load(folder);
  CHECK(said(folder, manifests) ==
        Lines{"note a.yaml:6:13: /spec/replicas: a placeholder, so not judged; fill it in first "
              "(envsubst, helm template): ... | stateward validate -",
              "note a.yaml:11:32: /spec/replicas: a placeholder, so not judged; fill it in first "
              "(envsubst, helm template): ... | stateward validate -",
              "error a.yaml:11:75: /spec/minReadySeconds: expected a whole number, found text"});
  CHECK(manifests.judged.empty());
}

TEST_CASE("an object that stands twice is said with both places, and the later one judged alone") {
  const TempFolder folder;
  folder.write("b.yaml", kSet);
  folder.write("a.yaml", "\n" + kSet);
  const Manifests manifests = load(folder);
  CHECK(said(folder, manifests) ==
        Lines{"note b.yaml:3:18: StatefulSet web stands already at a.yaml:4:18; others are judged "
              "against that one"});
  REQUIRE(manifests.judged.size() == 1);
  REQUIRE(manifests.judged_alone.size() == 1);
  CHECK(manifests.file_of(*manifests.judged_alone.front()).name.ends_with("b.yaml"));
}

TEST_CASE("a file that cannot be read is an error and stops nothing") {
  const TempFolder folder;
  folder.write("b.yaml", kSet);
  std::filesystem::create_symlink("gone", folder.path() / "a.yaml");
  const Manifests manifests = load(folder);
  CHECK(said(folder, manifests) ==
        Lines{"error a.yaml:1:1: cannot be read: No such file or directory"});
  CHECK(manifests.judged.size() == 1);
}

TEST_CASE("a template is said to be one, once a file, and nothing of its syntax is complained of") {
  const TempFolder folder;
  folder.write("a.yaml", "{{- if .Values.on }}\nkind: Pod\n---\nmetadata:\n  name: {{ .x }}\n");
  const Manifests manifests = load(folder);
  CHECK(said(folder, manifests) ==
        Lines{"note a.yaml:1:1: a template, not YAML yet; render it first: helm template CHART | "
              "stateward validate -"});
}

TEST_CASE("kustomize patches are said to be patches, once a file, and not judged") {
  const TempFolder folder;
  const std::string kResult = "judge the result: kustomize build DIR | stateward validate -";
  SUBCASE("by what they lack") {
    folder.write("a.yaml", kPiece + "---\n" + kPiece);
    const Manifests manifests = load(folder);
    CHECK(said(folder, manifests) ==
          Lines{"note a.yaml:1:1: without selector, labels or image: a kustomize patch, so not "
                "judged; " +
                kResult});
    CHECK(manifests.judged.empty());
    CHECK(manifests.ignored == 2);
  }
  SUBCASE("by the kustomization that names them, wherever it stands") {
    folder.write("overlay/kustomization.yaml",
                 "patches:\n- path: patches/a.yaml\n- patch: |-\n    - op: remove\n"
                 "patchesStrategicMerge:\n- ../shared/b.yaml\npatchesJson6902:\n- path: c.json\n");
    folder.write("overlay/patches/a.yaml", kSet);
    folder.write("overlay/patches/other.yaml", kSet);
    folder.write("shared/b.yaml", kSet);
    folder.write("shared/a.yaml", kSet);
    const Manifests manifests = load(folder);
    Lines notes = said(folder, manifests);
    std::erase_if(notes, [](const std::string& note) {
      return note.find("patch") == std::string::npos || note.find("already") != std::string::npos;
    });
    CHECK(notes ==
          Lines{"note overlay/patches/a.yaml:1:1: a kustomize patch, so not judged; " + kResult,
                "note shared/b.yaml:1:1: a kustomize patch, so not judged; " + kResult});
  }
  SUBCASE("also where only the patch was given") {
    folder.write("overlay/Kustomization", "patches:\n- path: a.yaml\n- path: patches/b.yaml\n");
    folder.write("overlay/a.yaml", kSet);
    folder.write("overlay/patches/b.yaml", kSet);
    folder.write("overlay/patches/c.yaml", kSet);
    CHECK(load(folder, "overlay/a.yaml").judged.empty());
    CHECK(load(folder, "overlay/patches/b.yaml").judged.empty());
    CHECK(load(folder, "overlay/patches/c.yaml").judged.size() == 1);
    CHECK(load(folder, "overlay/patches").judged.size() == 1);
  }
}
