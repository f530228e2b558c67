// Objects that hold more than can be judged in time. Policies look for each mount's volume, and for
// each volume's mounts: what no Pod could ever run, tens of thousands of both, would take minutes.
#pragma once

#include <optional>
#include <string>

#include "engine/object.h"

namespace stateward {

// What there is too much of, for a person; nothing where the object can be judged within a quarter
// of a second. A Pod of 100 volumes may have 9,900 mounts, or 1,000 variables beside 1,000 mounts
// of one container.
std::optional<std::string> crowding(const Object& object);

}  // namespace stateward
