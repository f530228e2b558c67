#include "cli/control.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>

#include "cli/live_settings.h"
#include "cli/stop_signals.h"
#include "cli/version.h"
#include "cluster/controller.h"
#include "webhook/log.h"
#include "webhook/server.h"

namespace stateward {
namespace {

constexpr int kStopped = 0;
constexpr int kNotStarted = 2;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

int refuse(const Error& error) {
  fmt::print(stderr, "stateward: {}\n", error.message);
  return kNotStarted;
}

// Who we are in the lease: the host (in a Pod its name) and something that no other process has.
std::string holder() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::random_device random;
  return fmt::format("{}_{:08x}{:08x}", host.data(), random(), random());
}

std::vector<HealthCheck> checks_of(const Controller& controller, const LiveSettings& settings) {
  const bool filled = controller.inventory().filled();
  return {
      {"watches", filled,
       filled ? fmt::format("last heard of {} s ago", controller.inventory().staleness().count())
              : "the cluster has not been read yet"},
      settings.check(),
      {"lease", true, controller.leads() ? "leading" : "another one leads"}};
}

}  // namespace

int run(const ControlOptions& options) {
  const StopSignals signals;
  auto source = connect(options.cluster);
  if (!source) return refuse(source.error());
  const bool own = options.cluster.in_cluster;
  Log log;
  const auto say = [&log](std::string_view line) { log.info(line); };
  const std::string name_space = own ? (*source)->access().name_space : options.name_space;
  const auto settings = LiveSettings::start({options.settings_file, *source, name_space}, say);
  if (!settings) return refuse(settings.error());
  Controller controller(*source,
                        {.name_space = name_space,
                         .holder = holder(),
                         .namespaces = options.namespaces,
                         .certificates = !options.no_certificates,
                         .serving_life = options.serving_life,
                         .settle = options.settle,
                         .reconciler = {.disruption_budgets = options.disruption_budgets},
                         .settings = [&settings] { return (*settings)->now(); }},
                        now, say);
  std::unique_ptr<HealthServer> health;
  if (!options.health_listen.empty()) {
    const auto endpoint = parse_endpoint(options.health_listen);
    if (!endpoint) return refuse({fmt::format("--health-listen: {}", endpoint.error().message)});
    auto started = HealthServer::start(*endpoint, [&](const HttpRequest& request) {
      return health_reply(request, version(), [&] { return checks_of(controller, **settings); });
    });
    if (!started) return refuse(started.error());
    health = std::move(*started);
  }
  log.info(fmt::format("stateward {} controls {}", version(), server_of((*source)->access())));
  for (auto held = (*settings)->now(); !signals.wait();) {
    (*settings)->reread();
    if (auto holds = (*settings)->now(); holds != held) {
      controller.reconsider();
      held = std::move(holds);
    }
  }
  signals.release();
  log.info("stopping");
  return kStopped;
}

}  // namespace stateward
