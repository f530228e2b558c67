// How much memory this process may have: what its control groups say, of version 2 and 1. Who could
// need more is better told when it starts than killed under load.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "engine/result.h"
#include "webhook/server.h"

namespace stateward {

// Bytes: the least that is said of its group and those above it; none where none says anything.
// `root` is where /proc and /sys are.
std::optional<std::size_t> memory_limit(const std::filesystem::path& root = "/");

// Bytes: the program, what its server takes at most, and where it watches a cluster an inventory of
// 25,000 objects. Of more objects each takes 1.3 KiB.
std::size_t memory_to_serve(const ServerOptions& options, bool watches);

// Whether `needed` bytes are within `limit`; the error says how far the limit must go up.
Result<void> check_memory(std::size_t needed, std::optional<std::size_t> limit);

}  // namespace stateward
