#include "cli/serve.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>

#include "cli/cores.h"
#include "cli/live_settings.h"
#include "cli/local.h"
#include "cli/memory_limit.h"
#include "cli/open_files.h"
#include "cli/own_metrics.h"
#include "cli/serving_files.h"
#include "cli/stop_signals.h"
#include "cli/version.h"
#include "cluster/replica.h"
#include "policies/catalogue.h"
#include "webhook/admission_count.h"
#include "webhook/front_metrics.h"
#include "webhook/log.h"
#include "webhook/server.h"

namespace stateward {
namespace {

constexpr int kStopped = 0;
constexpr int kNotStarted = 2;

// How long a replica that could do without the cluster waits until it has been read.
constexpr std::chrono::seconds kForTheCluster{10};

// Beside those of the server: logs, watches, certificates, standard streams.
constexpr std::size_t kOtherFiles = 64;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// All that must be right before anything is listened to.
struct Prepared {
  ServerOptions server;
  std::optional<Local> local;
  std::optional<ServingFiles> files;
  std::optional<ClientAuthority> clients;
  std::shared_ptr<CredentialSource> cluster;  // where there is one
  std::string installed_in;                   // the namespace of the installation there
};

bool wants_cluster(const ConnectOptions& cluster) {
  return cluster.in_cluster || !cluster.kubeconfig.empty() || !cluster.context.empty();
}

Result<void> check(const ServeOptions& options) {
  if (options.client_ca.empty() && !options.client_name.empty())
    return fail("--client-name needs --client-ca too");
  const bool files = !options.tls_cert.empty() || !options.tls_key.empty();
  const bool cluster = wants_cluster(options.cluster);
  if (options.local && (files || cluster))
    return fail("--local makes its own certificate and knows no cluster: give it alone");
  if (options.local || (cluster && !files)) return {};
  if (!files) {
    return fail(
        "give --tls-cert and --tls-key, --in-cluster to have one from the installation's "
        "authority, or --local to have an authority made in memory");
  }
  if (options.tls_cert.empty()) return fail("--tls-key needs --tls-cert too");
  if (options.tls_key.empty()) return fail("--tls-cert needs --tls-key too");
  return {};
}

// What is shown at first, and what may replace it later.
Result<void> prepare_identity(const ServeOptions& options, ServingIdentity& identity,
                              Prepared& prepared) {
  if (!options.client_ca.empty()) {
    auto clients = ClientAuthority::open(options.client_ca, options.client_name, identity);
    if (!clients) return tl::unexpected(clients.error());
    prepared.clients.emplace(std::move(*clients));
  }
  if (options.local) {
    auto local = Local::make(options.local_folder, prepared.server.admission.host, now());
    if (!local) return tl::unexpected(local.error());
    prepared.local.emplace(std::move(*local));
    return identity.replace(prepared.local->identity());
  }
  // Minted from the authority once it has been read.
  if (options.tls_cert.empty()) return {};
  auto files = ServingFiles::open(options.tls_cert, options.tls_key, now(), identity);
  if (!files) return tl::unexpected(files.error());
  prepared.files.emplace(std::move(*files));
  return {};
}

Result<Prepared> prepare(const ServeOptions& options, ServingIdentity& identity) {
  if (auto checked = check(options); !checked) return tl::unexpected(checked.error());
  Prepared prepared;
  auto admission = parse_endpoint(options.listen);
  if (!admission) return fail(fmt::format("--listen: {}", admission.error().message));
  prepared.server.admission = std::move(*admission);
  prepared.server.front.threads = std::min(cores(), kMostLoops);
  if (!options.health_listen.empty()) {
    auto health = parse_endpoint(options.health_listen);
    if (!health) return fail(fmt::format("--health-listen: {}", health.error().message));
    prepared.server.health = std::move(*health);
  }
  if (wants_cluster(options.cluster)) {
    auto source = connect(options.cluster);
    if (!source) return tl::unexpected(source.error());
    prepared.cluster = std::move(*source);
    prepared.installed_in =
        options.cluster.in_cluster ? prepared.cluster->access().name_space : options.name_space;
  }
  if (auto shown = prepare_identity(options, identity, prepared); !shown)
    return tl::unexpected(shown.error());
  return prepared;
}

Result<void> fits_here(const Prepared& prepared) {
  return check_memory(memory_to_serve(prepared.server, prepared.cluster != nullptr),
                      memory_limit());
}

std::string greeting(const Server& server) {
  std::string text =
      fmt::format("stateward {} serves https://{}", version(), to_string(server.admission()));
  if (server.health()) text += fmt::format(", health at http://{}", to_string(*server.health()));
  return text;
}

int refuse(const Error& error) {
  fmt::print(stderr, "stateward: {}\n", error.message);
  return kNotStarted;
}

// The inventory and, unless it comes from files, the certificate.
std::unique_ptr<Replica> start_replica(const ServeOptions& options, const Prepared& prepared,
                                       ServingIdentity& identity, Log& log) {
  if (!prepared.cluster) return nullptr;
  return std::make_unique<Replica>(
      prepared.cluster,
      ReplicaOptions{.name_space = prepared.installed_in,
                     .namespaces = options.namespaces,
                     .certificate = options.tls_cert.empty(),
                     .serving_life = options.serving_life},
      now,
      [&identity, &log](const Identity& minted) {
        if (const auto shown = identity.replace(minted); !shown) log.error(shown.error().message);
      },
      [&log](std::string_view line) { log.info(line); });
}

Knowledge knowledge_of(const Replica* replica) {
  if (replica == nullptr) return {};
  const Inventory& inventory = replica->inventory();
  return {.view = [&inventory](std::string_view name_space) { return inventory.view(name_space); },
          .knows = [&inventory](
                       Kind kind, std::string_view name_space,
                       std::string_view name) { return inventory.knows(kind, name_space, name); },
          .kubernetes = [replica] { return replica->kubernetes(); }};
}

// `may_do_without`: the certificate does not come from the cluster either, and this has waited for
// it long enough. An object by itself can be judged.
void add_checks(const Replica& replica, bool may_do_without, std::vector<HealthCheck>& checks) {
  const bool filled = replica.inventory().filled();
  const bool accepted = replica.accepted();
  checks.push_back(
      {"watches", filled || may_do_without,
       filled ? fmt::format("last heard of {} s ago", replica.inventory().staleness().count())
              : "the cluster has not been read yet; policies that look at siblings are skipped"});
  checks.push_back({"bundle", accepted,
                    accepted ? "the configurations trust our certificate"
                             : "the configurations do not hold the authority's caBundle yet"});
}

void write_identity(const ServingIdentity& identity, bool minted, MetricsPage& page) {
  const auto ends = identity.expires();
  const auto life = identity.life();
  if (!ends || !life) return;
  write_certificate("leaf", *ends, minted ? *life - kBackdated : *life, page);
}

// What answers, health and metrics are told from, while we serve.
struct Sources {
  const ServeOptions& options;
  const ServingIdentity& identity;
  const LiveSettings& settings;
  const Replica* replica;  // where there is a cluster
  AdmissionCount& count;
  Log& log;
  std::chrono::steady_clock::time_point started;
};

std::vector<HealthCheck> checks_of(const Sources& sources) {
  std::vector<HealthCheck> checks = {sources.settings.check()};
  const auto waited = std::chrono::steady_clock::now() - sources.started;
  const bool may_do_without = !sources.options.tls_cert.empty() && waited > kForTheCluster;
  if (sources.replica != nullptr) add_checks(*sources.replica, may_do_without, checks);
  return checks;
}

std::string metrics_of(const Sources& sources, const Front& front) {
  MetricsPage page;
  write_build("webhook", page);
  sources.count.write(page);
  write_front(front, page);
  write_identity(sources.identity, sources.options.tls_cert.empty(), page);
  if (sources.replica != nullptr) write_inventory(sources.replica->inventory(), page);
  write_settings(sources.settings, page);
  write_log(sources.log, page);
  return page.text();
}

// `sources` must outlive it.
Serving serving_of(const Sources& sources) {
  return {.version = std::string(version()),
          .policies = policies::all_policies(),
          .injections = policies::all_injections(),
          .knowledge = knowledge_of(sources.replica),
          .settings = [&sources] { return sources.settings.now(); },
          .certificate_expires = [&sources] { return sources.identity.expires(); },
          .now = now,
          .observe =
              [&sources](const Answered& answered) {
                sources.count.answered(answered);
                sources.log.answered(answered);
              },
          .failed = [&sources](Door door, int status) { sources.count.failed(door, status); },
          .checks = [&sources] { return checks_of(sources); },
          .metrics = [&sources](const Front& front) { return metrics_of(sources, front); }};
}

template <typename EachSecond>
int serve_until_told(Server& server, Routes& routes, const StopSignals& signals,
                     std::chrono::seconds drain, Log& log, EachSecond each_second) {
  std::optional<int> signal;
  while (!(signal = signals.wait(log))) each_second();
  signals.release();
  routes.drain();
  if (*signal == SIGTERM && drain.count() > 0) {
    log.info(fmt::format("draining for {} s", drain.count()));
    std::this_thread::sleep_for(drain);
  }
  log.info("stopping");
  server.stop();
  return kStopped;
}

}  // namespace

int run(const ServeOptions& options) {
  const StopSignals signals;
  // Threads need no heap of their own each; the inventory is one and large.
  mallopt(M_ARENA_MAX, 2);
  // What a page of a list needs goes back at once: left alone, this limit grows with what is freed.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  ServingIdentity identity;
  auto prepared = prepare(options, identity);
  if (!prepared) return refuse(prepared.error());
  if (const auto fits = fits_here(*prepared); !fits) return refuse(fits.error());
  Log log(options.log);
  const auto files = allow_open_files(demand_of(prepared->server).files + kOtherFiles);
  if (!files) log.warning(files.error().message);
  const auto settings = LiveSettings::start(
      {options.settings_file, prepared->cluster, prepared->installed_in},
      [&log](std::string_view line) { log.info(line); },
      [&log](std::string_view line) { log.warning(line); });
  if (!settings) return refuse(settings.error());
  const auto started = std::chrono::steady_clock::now();
  const std::unique_ptr<Replica> replica = start_replica(options, *prepared, identity, log);
  AdmissionCount count(policies::all_policies());
  const Sources sources{options, identity, **settings, replica.get(), count, log, started};
  Routes routes(serving_of(sources));
  const auto server = Server::start(prepared->server, identity, routes);
  if (!server) {
    return refuse(
        {fmt::format("{}; --listen and --health-listen choose addresses", server.error().message)});
  }
  if (prepared->local) {
    fmt::print("{}; Ctrl-C stops it.\n\n{}", greeting(**server),
               prepared->local->instructions((*server)->admission()));
    std::fflush(stdout);
  } else {
    log.info(greeting(**server));
  }
  const std::chrono::seconds drain = options.local ? std::chrono::seconds{0} : options.drain;
  auto read = std::chrono::steady_clock::now();
  bool listing = replica != nullptr;
  return serve_until_told(**server, routes, signals, drain, log, [&] {
    if (listing && replica->inventory().filled()) {
      listing = false;
      malloc_trim(0);  // what only the first lists needed
    }
    if (std::chrono::steady_clock::now() - read < options.reread) return;
    read = std::chrono::steady_clock::now();
    if (prepared->files) prepared->files->reread(now(), identity, log);
    if (prepared->clients) prepared->clients->reread(identity, log);
    (*settings)->reread();
  });
}

}  // namespace stateward
