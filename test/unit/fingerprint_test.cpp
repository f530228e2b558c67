#include "cli/fingerprint.h"

#include <doctest/doctest.h>

#include "cli/line_hash.h"
#include "test/unit/judged_fixture.h"

using namespace stateward;

namespace {

const std::string kPod =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
    "spec: {containers: [{name: a, image: x}, {name: b, image: y}]}\n";

std::string fingerprint(const std::string& text, const Path& path,
                        const std::string& file = "a.yaml", const std::string& message = "bad") {
  JudgedFixture set(text, file);
  set.find(path, message);
  return fingerprints(set.judged()).front();
}

}  // namespace

TEST_CASE("a hash is FNV-1a's") {
  CHECK(fnv1a("") == 0xcbf29ce484222325U);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8cU);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8U);
}

TEST_CASE("a finding keeps its fingerprint when lines, values and neighbours change") {
  const Path image = "/spec/containers/1/image";
  const std::string first = fingerprint(kPod, image);
  CHECK(first.ends_with(":1"));
  CHECK(fingerprint("# one\n# two\n" + kPod, image) == first);
  CHECK(fingerprint(kPod, image, "a.yaml", "worse") == first);
  std::string moved = kPod;
  moved.replace(moved.find("[{name: a, image: x}, {name: b, image: y}]"), 42,
                "[{name: b, image: z}]");
  CHECK(fingerprint(moved, "/spec/containers/0/image") == first);
}

TEST_CASE("findings of other places, objects and files have other fingerprints") {
  const std::string first = fingerprint(kPod, "/spec/containers/1/image");
  CHECK(fingerprint(kPod, "/spec/containers/0/image") != first);
  CHECK(fingerprint(kPod, "/spec/containers/1/image", "b.yaml") != first);
  std::string renamed = kPod;
  renamed.replace(renamed.find("web"), 3, "app");
  CHECK(fingerprint(renamed, "/spec/containers/1/image") != first);
}

TEST_CASE("those at one place are numbered") {
  JudgedFixture set(kPod);
  set.find("/kind", "one");
  set.find("/kind", "two");
  set.find("/metadata", "three");
  const auto all = fingerprints(set.judged());
  CHECK(all[0].substr(0, 17) == all[1].substr(0, 17));
  CHECK(all[0].ends_with(":1"));
  CHECK(all[1].ends_with(":2"));
  CHECK(all[2].ends_with(":1"));
  CHECK(all[2] != all[0]);
}

TEST_CASE("trouble is known again by what it says, not by the lines that it names") {
  JudgedFixture set(kPod);
  set.trouble(Diagnostic::Severity::error, {{2, 1}, {2, 2}}, "key \"a\" stands already in line 1");
  set.trouble(Diagnostic::Severity::error, {{5, 1}, {5, 2}}, "key \"a\" stands already in line 4");
  const auto all = diagnostic_fingerprints(set.judged());
  CHECK(all[0].substr(0, 16) == all[1].substr(0, 16));
  CHECK(all[0] != all[1]);
  CHECK(diagnostic_fingerprints(set.in_a_cluster().judged()).empty());
}

// As GitHub's own action computes them, for these texts.
TEST_CASE("a line's hash is GitHub's") {
  using Hashes = std::vector<std::string>;
  CHECK(line_hashes("") == Hashes{"c129715d7a2bc9a3:1"});
  CHECK(line_hashes("a: 1\n") == Hashes{"4037987d9a8320d9:1", "c129715d7a2bc9a3:1"});
  CHECK(line_hashes("a\rb") == Hashes{"c74339777b6a2c60:1", "8ee5a81e681643c1:1"});
  CHECK(line_hashes("größe: 😀\r\nb:\tc \r\n\r\n") ==
        Hashes{"bcf13ae71d54bbc6:1", "b06b912918997bf6:1", "3c5bef55b72b93c9:1",
               "c129715d7a2bc9a3:1"});
}

TEST_CASE("a line keeps its hash when it moves, whatever ends it and however it is indented") {
  const auto last = [](const std::string& text) { return line_hashes(text).at(2); };
  const std::string line = "replicas: 3\n" + std::string(100, 'x') + "\n";
  const std::string hash = last("a\nb\n" + line);
  CHECK(line_hashes("a\nb\nc\nd\n" + line).at(4) == hash);
  CHECK(last("a\r\nb\r\n\t  replicas: 3\r\n" + std::string(100, 'x')) == hash);
  CHECK(last("a\nb\nreplicas: 4\n" + std::string(100, 'x')) != hash);
  const std::string again = "same\n" + std::string(100, 'y') + "\n";
  CHECK(line_hashes(again + again).at(0).ends_with(":1"));
  CHECK(line_hashes(again + again).at(2).ends_with(":2"));
}
