#include "cli/nearest.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace stateward;

TEST_CASE("the nearest name is the one with the fewest letters to change") {
  constexpr std::string_view kKnown[] = {"shared-claim", "missing-service-name", "reserved-field"};
  CHECK(nearest("missing-servce-nam", kKnown) == "missing-service-name");
  CHECK(nearest("claim-shared", kKnown) == "shared-claim");
  CHECK(nearest("", kKnown) == "shared-claim");
  CHECK_FALSE(nearest(std::string(100'000, 'x'), kKnown).empty());
  CHECK(nearest("x", {}).empty());
}
