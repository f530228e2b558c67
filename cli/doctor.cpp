#include "cli/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/safe_text.h"
#include "cli/version.h"
#include "cluster/checkup.h"

namespace stateward {
namespace {

int failure(std::string_view message) {
  say(message);
  return 2;
}

void print_text(const std::vector<Checkup>& checkups) {
  constexpr std::string_view kWords[] = {"ok", "warn", "FAIL"};
  std::size_t counts[3] = {};
  for (const Checkup& checkup : checkups) {
    const auto health = static_cast<std::size_t>(checkup.health);
    ++counts[health];
    std::cout << fmt::format("{:<5} {}: {}\n", kWords[health], checkup.subject,
                             safe_text(checkup.message));
    if (!checkup.remedy.empty())
      std::cout << "        remedy: " << safe_text(checkup.remedy) << '\n';
  }
  std::cout << fmt::format("{} ok, {} warning{}, {} failed\n", counts[0], counts[1],
                           counts[1] == 1 ? "" : "s", counts[2]);
}

void print_json(const std::vector<Checkup>& checkups) {
  constexpr std::string_view kWords[] = {"ok", "warn", "fail"};
  using Json = nlohmann::ordered_json;
  Json checks = Json::array();
  for (const Checkup& checkup : checkups) {
    checks.push_back({{"subject", checkup.subject},
                      {"health", kWords[static_cast<std::size_t>(checkup.health)]},
                      {"message", checkup.message},
                      {"remedy", checkup.remedy}});
  }
  const Json report = {{"schema", "stateward.dev/doctor/v1"}, {"checks", checks}};
  std::cout << report.dump(2, ' ', true, Json::error_handler_t::replace) << '\n';
}

}  // namespace

int run(const DoctorOptions& options) {
  const auto source = connect(options.cluster);
  if (!source) return failure(source.error().message);
  ApiClient client(*source);
  const auto checkups = check_up(
      client, {.name_space = options.name_space,
               .try_in = options.try_in,
               .version = version(),
               .now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())});
  if (!checkups)
    return failure(fmt::format("{}: {}", server_of(client.access()), explained(checkups.error())));
  if (options.format == DoctorOptions::Format::json) {
    print_json(*checkups);
  } else {
    print_text(*checkups);
  }
  if (!std::cout.flush()) return failure("the report cannot be written to standard output");
  const bool failed = std::any_of(checkups->begin(), checkups->end(), [](const Checkup& checkup) {
    return checkup.health == Health::fail;
  });
  return failed ? 1 : 0;
}

}  // namespace stateward
