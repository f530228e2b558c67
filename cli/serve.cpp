#include "cli/serve.h"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>

#include "cli/local.h"
#include "cli/serving_files.h"
#include "cli/version.h"
#include "policies/catalogue.h"
#include "webhook/log.h"
#include "webhook/server.h"

namespace stateward {
namespace {

constexpr int kStopped = 0;
constexpr int kGaveUp = 1;
constexpr int kNotStarted = 2;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// The signals that end us, blocked from here on in this thread and in those that it makes.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  // The one that came, if it came within a second.
  std::optional<int> wait() const {
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    const int signal = sigtimedwait(&signals_, nullptr, &second);
    return signal > 0 ? std::optional(signal) : std::nullopt;
  }
  // The next one ends the process at once.
  void release() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

 private:
  sigset_t signals_{};
};

// All that must be right before anything is listened to.
struct Prepared {
  ServerOptions server;
  std::optional<Local> local;
  std::optional<ServingFiles> files;
  std::optional<ClientAuthority> clients;
};

Result<void> check(const ServeOptions& options) {
  if (options.client_ca.empty() && !options.client_name.empty())
    return fail("--client-name needs --client-ca too");
  const bool files = !options.tls_cert.empty() || !options.tls_key.empty();
  if (options.local && files)
    return fail("--local makes its own certificate: leave out --tls-cert and --tls-key");
  if (options.local) return {};
  if (!files)
    return fail("give --tls-cert and --tls-key, or --local to have an authority made in memory");
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
  if (!options.health_listen.empty()) {
    auto health = parse_endpoint(options.health_listen);
    if (!health) return fail(fmt::format("--health-listen: {}", health.error().message));
    prepared.server.health = std::move(*health);
  }
  if (auto shown = prepare_identity(options, identity, prepared); !shown)
    return tl::unexpected(shown.error());
  return prepared;
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

template <typename EachSecond>
int serve_until_told(Server& server, Routes& routes, const StopSignals& signals,
                     std::chrono::seconds drain, Log& log, EachSecond each_second) {
  std::optional<int> signal;
  while (!(signal = signals.wait())) {
    each_second();
    if (server.running()) continue;
    log.error("a listener was closed by the operating system");
    return kGaveUp;
  }
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
  ServingIdentity identity;
  auto prepared = prepare(options, identity);
  if (!prepared) return refuse(prepared.error());
  Log log;
  Routes routes({.version = std::string(version()),
                 .policies = policies::all_policies(),
                 .injections = policies::all_injections(),
                 .certificate_expires = [&identity] { return identity.expires(); },
                 .now = now,
                 .observe = [&log](const Answered& answered) { log.answered(answered); }});
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
  return serve_until_told(**server, routes, signals, drain, log, [&] {
    if (std::chrono::steady_clock::now() - read < options.reread) return;
    read = std::chrono::steady_clock::now();
    if (prepared->files) prepared->files->reread(now(), identity, log);
    if (prepared->clients) prepared->clients->reread(identity, log);
  });
}

}  // namespace stateward
