#include "engine/location.h"

#include <doctest/doctest.h>

#include "engine/yaml_reader.h"

using namespace stateward;

namespace {

constexpr const char* kText = R"(kind: Pod
spec:
  containers:
    - image: a
      name: app
      ports: [{containerPort: 80}]
  nodeName: n1
)";

Span at(const Document& document, const char* path) {
  return locate(document, document.node(), path);
}

}  // namespace

TEST_CASE("a path is shown at the value of a scalar and at the key of all else") {
  const ReadDocument read = read_yaml({kText});
  REQUIRE(read.document);
  CHECK(at(*read.document, "/spec/nodeName") == Span{{7, 13}, {7, 15}});
  CHECK(at(*read.document, "/spec/containers") == Span{{3, 3}, {3, 13}});
  CHECK(at(*read.document, "/spec/containers/0/ports") == Span{{6, 7}, {6, 12}});
  CHECK(at(*read.document, "/spec/containers/0/ports/0/containerPort") == Span{{6, 31}, {6, 33}});
}

TEST_CASE("what is absent is shown at the nearest thing that is there") {
  const ReadDocument read = read_yaml({kText});
  REQUIRE(read.document);
  CHECK(at(*read.document, "/spec/serviceName") == Span{{2, 1}, {2, 5}});
  CHECK(at(*read.document, "/spec/containers/0/readinessProbe") == Span{{5, 13}, {5, 16}});
  CHECK(at(*read.document, "/spec/containers/0/ports/0/name") == Span{{6, 16}, {6, 29}});
  CHECK(at(*read.document, "/metadata/labels/x") == Span{{1, 1}, {1, 5}});
  CHECK(at(*read.document, "/spec/containers/7/image") == Span{{3, 3}, {3, 13}});
}

TEST_CASE("an entry is shown by its name, and by its first member where it has none") {
  const ReadDocument read = read_yaml({kText});
  REQUIRE(read.document);
  CHECK(at(*read.document, "/spec/containers/0") == Span{{5, 13}, {5, 16}});
  CHECK(at(*read.document, "/spec/containers/0/ports/0") == Span{{6, 16}, {6, 29}});
}

TEST_CASE("a named path does not change when entries move") {
  const ReadDocument one =
      read_yaml({"l: [{name: a, x: 1}, {name: b, x: 2}]\nv: [{metadata: {name: data}}]"});
  const ReadDocument two = read_yaml({"l: [{name: b, x: 2}, {name: a, x: 1}]"});
  CHECK(named_path(one.document->node(), "/l/1/x") == named_path(two.document->node(), "/l/0/x"));
  CHECK(named_path(one.document->node(), "/l/1/x") == "/l/[name=b]/x");
  CHECK(named_path(one.document->node(), "/v/0/spec") == "/v/[name=data]/spec");
  CHECK(named_path(one.document->node(), "/l/9/y") == "/l/9/y");
}
