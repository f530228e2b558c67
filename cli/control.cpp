#include "cli/control.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>

#include "cli/live_settings.h"
#include "cli/own_metrics.h"
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

std::string metrics_of(const Controller& controller, const LiveSettings& settings, const Log& log) {
  MetricsPage page;
  write_build("controller", page);
  page.gauge("leading", "1 where this one holds the Lease and acts", controller.leads() ? 1 : 0);
  if (const auto authority = controller.authority()) {
    page.gauge("ca_bundle_in_sync", "1 where every configuration holds the bundle it should",
               authority->in_sync ? 1 : 0);
    if (authority->expires) write_certificate("ca", *authority->expires, authority->life, page);
  }
  write_inventory(controller.inventory(), page);
  write_settings(settings, page);
  write_log(log, page);
  return page.text();
}

}  // namespace

int run(const ControlOptions& options) {
  const StopSignals signals;
  auto source = connect(options.cluster);
  if (!source) return refuse(source.error());
  const bool own = options.cluster.in_cluster;
  Log log(options.log);
  const auto say = [&log](std::string_view line) { log.info(line); };
  const std::string name_space = own ? (*source)->access().name_space : options.name_space;
  const auto settings = LiveSettings::start({options.settings_file, *source, name_space}, say,
                                            [&log](std::string_view line) { log.warning(line); });
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
      return health_reply(request,
                          {.version = version(),
                           .checks = [&] { return checks_of(controller, **settings); },
                           .metrics = [&] { return metrics_of(controller, **settings, log); }});
    });
    if (!started) return refuse(started.error());
    health = std::move(*started);
  }
  log.info(fmt::format("stateward {} controls {}", version(), server_of((*source)->access())));
  for (auto held = (*settings)->now(); !signals.wait(log);) {
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
