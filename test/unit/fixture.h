// Objects for a test, from YAML written in the test itself: documents parted by "---", read as the
// doors read them, in namespace "default" where they name none. YAML that cannot be read, and an
// object that is asked for and not there, fail the test. Objects and nodes live as long as their
// Fixture, which may be moved.
#pragma once

#include <string_view>
#include <vector>

#include "engine/object_set.h"

namespace stateward {

struct Fixture {
  static Fixture from_yaml(std::string_view text,
                           ObjectSet::Coverage coverage = ObjectSet::Coverage::complete);
  const Object& object(Kind kind, std::string_view name) const;

  std::vector<Document> documents;
  ObjectSet set;
};

}  // namespace stateward
