#include "webhook/server.h"

#include <openssl/ssl.h>

#include <utility>

#include "certs/pem.h"
#include "webhook/footprint.h"
#include "webhook/router.h"

namespace stateward {
namespace {

using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

// Health is never shed, whatever it waited for: nobody else would be served instead.
FrontOptions health_options() {
  return {.threads = 1, .connections = 256, .most_lag = std::chrono::hours(1)};
}

FrontOptions admission_options(const ServerOptions& options) {
  FrontOptions front = options.front;
  front.largest_body = kLargestBody;
  return front;
}

// A listener, and what its loops ask and are rung by.
std::size_t files_of(const FrontOptions& options) {
  return 1 + options.connections + 2 * options.threads;
}

}  // namespace

Demand demand_of(const ServerOptions& options) {
  const FrontOptions admission = admission_options(options);
  Demand demand{.memory = footprint(admission, true) + kMostWaiting * kSmallJudged,
                .files = files_of(admission)};
  if (options.health) {
    demand.memory += footprint(health_options(), false);
    demand.files += files_of(health_options());
  }
  return demand;
}

struct HealthServer::Parts {
  explicit Parts(Reply reply) : router(std::move(reply)) {}

  Router router;
  std::unique_ptr<Front> front;
};

struct Server::Parts {
  Context context;
  std::unique_ptr<HealthServer> health;
  std::unique_ptr<Front> front;
};

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options,
                                              ServingIdentity& identity, Routes& routes) {
  auto parts = std::make_unique<Parts>();
  parts->context.reset(SSL_CTX_new(TLS_server_method()));
  if (!parts->context) return tl::unexpected(openssl_error("setting up TLS"));
  if (auto set_up = set_up_tls(*parts->context, identity); !set_up)
    return tl::unexpected(set_up.error());
  auto front = Front::start(
      options.admission, parts->context.get(),
      {.refuse = Routes::refuse,
       .reply = [&routes](const HttpRequest& request) { return routes.admission(request); },
       .draining = [&routes] { return routes.draining(); }},
      admission_options(options));
  if (!front) return tl::unexpected(front.error());
  parts->front = std::move(*front);
  if (options.health) {
    auto health = HealthServer::start(
        *options.health, [&routes, front = parts->front.get()](const HttpRequest& request) {
          return routes.health(request, front);
        });
    if (!health) return tl::unexpected(health.error());
    parts->health = std::move(*health);
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

const Endpoint& Server::admission() const { return parts_->front->endpoint(); }

std::optional<Endpoint> Server::health() const {
  return parts_->health ? std::optional(parts_->health->endpoint()) : std::nullopt;
}

const Front& Server::front() const { return *parts_->front; }

void Server::stop() {
  parts_->front->stop();
  parts_->health.reset();
}

Result<std::unique_ptr<HealthServer>> HealthServer::start(const Endpoint& endpoint, Reply reply) {
  auto parts = std::make_unique<Parts>(std::move(reply));
  const Router& router = parts->router;
  auto front = Front::start(
      endpoint, nullptr,
      {.refuse = [&router](const HttpRequest& head) -> std::optional<HttpReply> {
         const bool reads = head.method == "GET" || head.method == "HEAD";
         return reads ? std::nullopt : std::optional(router.ask(head));
       },
       .reply = [&router](const HttpRequest& request) -> Outcome { return router.reply(request); },
       .draining = [] { return false; }},
      health_options());
  if (!front) return tl::unexpected(front.error());
  parts->front = std::move(*front);
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(parts)));
}

HealthServer::HealthServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HealthServer::~HealthServer() = default;

const Endpoint& HealthServer::endpoint() const { return parts_->front->endpoint(); }

}  // namespace stateward
