// Times as the Kubernetes API writes them: RFC 3339, in UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/object.h"

namespace stateward {

// Seconds since 1970 of "2026-11-21T07:11:03Z" or "2026-11-21T08:11:03.25+01:00", fractions cut
// off (metav1 Time and MicroTime). Anything else is nullopt.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

// metadata.creationTimestamp; nullopt for what was never created.
std::optional<std::int64_t> created_at(const Object& object);

// "2026-11-21T07:11:03Z"; `seconds` since 1970, not before it and before the year 10000.
std::string to_timestamp(std::int64_t seconds);
// "2026-11-21T07:11:03.000000Z": metav1 MicroTime, which a Lease wants.
std::string to_micro_timestamp(std::int64_t seconds);

}  // namespace stateward
