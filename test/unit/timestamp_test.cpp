#include "engine/timestamp.h"

#include <doctest/doctest.h>

#include "test/unit/fixture.h"

using namespace stateward;

TEST_CASE("a timestamp is a second, whatever its zone and fraction") {
  CHECK(parse_timestamp("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_timestamp("2026-11-21T10:02:03Z") == 1795255323);
  CHECK(parse_timestamp("2000-12-31T23:59:59Z") == 978307199);
  CHECK(parse_timestamp("2024-02-29T23:59:59Z") == 1709251199);
  CHECK(parse_timestamp("2024-03-01T00:00:00Z") == 1709251200);
  CHECK(parse_timestamp("2026-11-21T11:02:03.123456+01:00") == 1795255323);
  CHECK(parse_timestamp("2026-11-21T05:32:03-04:30") == 1795255323);
  for (const char* text : {"", "2026-11-21", "2026-11-21T10:02:03", "2026-11-21T10:02:03+1:00",
                           "2026-11-21 10:02:03Z", "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z",
                           "2026-11-21T10:00:61Z", "2026-02-30T10:00:00Z", "2026-11-21T1a:00:00Z",
                           "2026-11-21T10:02:03.Z", "2026-11-21T10:02:03+24:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text));
  }
}

TEST_CASE("a second is written as the API server writes it") {
  for (const std::int64_t second :
       {0L, 951'782'399L, 1'709'251'199L, 1'709'251'200L, 1'795'255'323L, 4'102'444'800L}) {
    CHECK(parse_timestamp(to_timestamp(second)) == second);
    CHECK(parse_timestamp(to_micro_timestamp(second)) == second);
  }
  CHECK(to_timestamp(1'795'255'323) == "2026-11-21T10:02:03Z");
  CHECK(to_micro_timestamp(1'795'255'323) == "2026-11-21T10:02:03.000000Z");
}

TEST_CASE("what was never created has no time of creation") {
  const Fixture fixture = Fixture::from_yaml(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, creationTimestamp: 2026-11-21T10:02:03Z}\n"
      "---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, creationTimestamp: null}\n");
  CHECK(created_at(fixture.object(Kind::pod, "a")) == parse_timestamp("2026-11-21T10:02:03Z"));
  CHECK_FALSE(created_at(fixture.object(Kind::pod, "b")));
}
