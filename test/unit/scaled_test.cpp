#include "engine/scaled.h"

#include <doctest/doctest.h>

#include <string>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

std::optional<std::int64_t> of(const std::string& value, std::int64_t total, Round round) {
  const Fixture fixture = Fixture::from_yaml(
      "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {x: " + value + "}}");
  return scaled(fixture.object(Kind::pod, "p").spec()["x"], total, round);
}

}  // namespace

TEST_CASE("a number or a share comes to whole things, rounded as its controller rounds") {
  CHECK(of("2", 9, Round::up) == 2);
  CHECK(of("0", 9, Round::up) == 0);
  CHECK(of("25%", 1, Round::up) == 1);
  CHECK(of("25%", 1, Round::down) == 0);
  CHECK(of("67%", 3, Round::up) == 3);
  CHECK(of("50%", 4, Round::up) == 2);
  CHECK(of("0%", 4, Round::up) == 0);
  CHECK(of("100%", 4, Round::down) == 4);
}

TEST_CASE("what is neither a number nor a share comes to nothing") {
  for (const char* value : {"null", "'2'", "'%'", "x%", "2.5%", "-5%", "20000%", "true", "[]"}) {
    CAPTURE(value);
    CHECK_FALSE(of(value, 4, Round::up).has_value());
  }
}
