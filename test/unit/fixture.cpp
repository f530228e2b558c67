#include "test/unit/fixture.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "engine/yaml_reader.h"

namespace stateward {

Fixture Fixture::from_yaml(std::string_view text, ObjectSet::Coverage coverage) {
  Fixture fixture;
  for (const YamlChunk& chunk : split_yaml(text)) {
    ReadDocument read = read_yaml(chunk);
    for (const Diagnostic& diagnostic : read.diagnostics) FAIL(diagnostic.message);
    if (read.document) fixture.documents.push_back(std::move(*read.document));
  }
  // Objects point into their documents, so these must stay where they are from here on.
  std::vector<Object> objects;
  for (const Document& document : fixture.documents) {
    const std::vector<Object> found = objects_of(document, "default");
    objects.insert(objects.end(), found.begin(), found.end());
  }
  fixture.set = ObjectSet(std::move(objects), coverage);
  return fixture;
}

const Object& Fixture::object(Kind kind, std::string_view name) const {
  const auto objects = set.objects();
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const Object& object) {
    return object.kind == kind && object.name == name;
  });
  REQUIRE_MESSAGE(found != objects.end(), "the fixture holds no such object: " << name);
  return *found;
}

}  // namespace stateward
