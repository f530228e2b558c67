// What control groups say of memory, as the kernel writes it (cgroups(7), memory.max,
// memory.limit_in_bytes).

#include "cli/memory_limit.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "cli/serve.h"
#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

class Machine {
 public:
  explicit Machine(const std::string& groups) { write("proc/self/cgroup", groups); }
  void write(const std::string& file, std::string_view text) { folder_.write(file, text); }
  std::optional<std::size_t> limit() const { return memory_limit(folder_.path()); }

 private:
  TempFolder folder_;
};

constexpr std::size_t kMiB = std::size_t{1} << 20;

}  // namespace

TEST_CASE("the limit of a container of version 2 is its own group's") {
  Machine machine("0::/\n");
  CHECK_FALSE(machine.limit());
  machine.write("sys/fs/cgroup/memory.max", "536870912\n");
  CHECK(machine.limit() == 512 * kMiB);
  machine.write("sys/fs/cgroup/memory.max", "max\n");
  CHECK_FALSE(machine.limit());
}

TEST_CASE("of a group and those above it the least limit counts") {
  Machine machine("0::/kubepods.slice/pod1/container\n");
  machine.write("sys/fs/cgroup/kubepods.slice/pod1/container/memory.max", "max\n");
  machine.write("sys/fs/cgroup/kubepods.slice/pod1/memory.max", "268435456\n");
  machine.write("sys/fs/cgroup/kubepods.slice/memory.max", "1073741824\n");
  CHECK(machine.limit() == 256 * kMiB);
  machine.write("sys/fs/cgroup/kubepods.slice/pod1/container/memory.max", "134217728\n");
  CHECK(machine.limit() == 128 * kMiB);
}

TEST_CASE("version 1 is asked where memory is one of its controllers") {
  Machine machine("12:cpu,cpuacct:/a\n5:hugetlb,memory:/docker/1\n0::/\n");
  machine.write("sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK_FALSE(machine.limit());
  machine.write("sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "67108864\n");
  CHECK(machine.limit() == 64 * kMiB);
}

TEST_CASE("a path that is the host's and not here means the root") {
  Machine machine("4:memory:/kubepods/burstable/pod2/c3\n");
  machine.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
  CHECK(machine.limit() == 512 * kMiB);
}

TEST_CASE("what is no list of groups limits nothing") {
  for (const char* text : {"", "\n", "memory", "4:memory", "0::/../../..\n", "::::\n"}) {
    CAPTURE(text);
    CHECK_FALSE(Machine(text).limit());
  }
}

TEST_CASE("who could need more than the limit is told how far it must go up") {
  CHECK(check_memory(512 * kMiB, std::nullopt).has_value());
  CHECK(check_memory(512 * kMiB, 512 * kMiB).has_value());
  const auto refused = check_memory(512 * kMiB + 1, 256 * kMiB);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message ==
        "serving takes up to 513 MiB of memory, and the limit here is 256: raise it to 513Mi or "
        "more");
}

TEST_CASE("rule 43: what our manifests give is enough for a webhook on any number of cores") {
  for (const char* file : {"manifests/base/webhook.yaml", "manifests/chart/values.yaml"}) {
    std::ifstream stream(std::string(STATEWARD_SOURCE "/") + file);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    CHECK_MESSAGE(text.find("memory: 512Mi}") != std::string::npos, file);
  }
  const ServerOptions most{.admission = {"127.0.0.1"},
                           .health = Endpoint{"127.0.0.1"},
                           .front = {.threads = kMostLoops}};
  CHECK(check_memory(memory_to_serve(most, true), 512 * kMiB).has_value());
  CHECK_FALSE(check_memory(memory_to_serve(most, true), 256 * kMiB).has_value());
  // Budgets count, and so do connections.
  ServerOptions more = most;
  more.front.large_bytes += 10 * kMiB;
  CHECK(memory_to_serve(more, true) == memory_to_serve(most, true) + 10 * kMiB);
  more = most;
  more.front.connections *= 2;
  CHECK(memory_to_serve(more, false) > memory_to_serve(most, false) + 100 * kMiB);
}
