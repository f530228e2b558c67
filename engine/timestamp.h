// Points in time as Kubernetes writes them (meta/v1 Time), in seconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/object.h"

namespace stateward {

// "2026-11-21T10:00:00Z"; anything else, or a time that does not exist, is nullopt.
std::optional<std::int64_t> parse_timestamp(std::string_view text);
// metadata.creationTimestamp; nullopt for what was never created.
std::optional<std::int64_t> created_at(const Object& object);

}  // namespace stateward
