#include "cli/memory_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

namespace stateward {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMiB = std::size_t{1} << 20;
// Measured: test/bench/memory.py, test/bench/inventory.sh.
constexpr std::size_t kProgram = 24 * kMiB;
constexpr std::size_t kInventory = 32 * kMiB;

// Version 1 says "none" by a number that no machine has.
constexpr std::size_t kUnlimited = std::size_t{1} << 60;

std::optional<std::size_t> read_limit(const fs::path& file) {
  std::ifstream stream(file);
  std::size_t bytes = 0;
  if (!(stream >> bytes) || bytes >= kUnlimited) return std::nullopt;  // "max" is no number
  return bytes;
}

// In a container the path may be the host's, of which nothing is there: its own group is the root.
void look(const fs::path& hierarchy, const fs::path& group, const char* name,
          std::optional<std::size_t>& least) {
  for (fs::path at = group.relative_path();; at = at.parent_path()) {
    if (const auto limit = read_limit(hierarchy / at / name))
      least = std::min(least.value_or(kUnlimited), *limit);
    if (at.empty()) return;
  }
}

// "memory" of "cpu,memory".
bool lists_memory(std::string_view controllers) {
  for (;;) {
    const std::size_t comma = controllers.find(',');
    if (controllers.substr(0, comma) == "memory") return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
}

}  // namespace

// Lines of /proc/self/cgroup are NUMBER:CONTROLLERS:PATH; of version 2 the number is 0 and there
// are no controllers (cgroups(7)).
std::optional<std::size_t> memory_limit(const fs::path& root) {
  std::optional<std::size_t> least;
  const fs::path groups = root / "sys/fs/cgroup";
  std::ifstream stream(root / "proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view controllers =
        std::string_view(line).substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) look(groups, group, "memory.max", least);
    if (lists_memory(controllers)) look(groups / "memory", group, "memory.limit_in_bytes", least);
  }
  return least;
}

std::size_t memory_to_serve(const ServerOptions& options, bool watches) {
  return kProgram + demand_of(options).memory + (watches ? kInventory : 0);
}

Result<void> check_memory(std::size_t needed, std::optional<std::size_t> limit) {
  if (!limit || needed <= *limit) return {};
  return fail(
      fmt::format("serving takes up to {} MiB of memory, and the limit here is {}: raise it "
                  "to {}Mi or more",
                  (needed + kMiB - 1) / kMiB, *limit / kMiB, (needed + kMiB - 1) / kMiB));
}

}  // namespace stateward
