// A server of admission: a front with TLS that dispatches the doors itself, and one without TLS
// that hands everything else (health, metrics, version) to the router. They share no thread, so
// that health answers whatever the load on the doors is.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "engine/result.h"
#include "webhook/endpoint.h"
#include "webhook/front.h"
#include "webhook/http.h"
#include "webhook/routes.h"
#include "webhook/tls.h"

namespace stateward {

struct ServerOptions {
  Endpoint admission;
  std::optional<Endpoint> health;
  FrontOptions front;  // of the admission listener
};

// What a server takes at most, whoever connects: webhook/footprint.h says where that comes from.
struct Demand {
  std::size_t memory = 0;  // bytes, beside the program itself
  std::size_t files = 0;   // open at once
};
Demand demand_of(const ServerOptions& options);

// Health alone, without TLS: `reply` is asked about every request, in a thread of our own, until
// this is destroyed. It must not block.
class HealthServer {
 public:
  using Reply = std::function<HttpReply(const HttpRequest&)>;
  static Result<std::unique_ptr<HealthServer>> start(const Endpoint& endpoint, Reply reply);
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;
  ~HealthServer();

  const Endpoint& endpoint() const;  // with the port that is really used

 private:
  struct Parts;
  explicit HealthServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

class Server {
 public:
  // Listens and serves in threads of its own until stop(). `identity`, which may be empty yet and
  // may be replaced at any time, and `routes` must outlive the server.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options,
                                               ServingIdentity& identity, Routes& routes);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // With the ports that are really used.
  const Endpoint& admission() const;
  std::optional<Endpoint> health() const;
  // Of the admission listener.
  const Front& front() const;
  // Refuses new connections, answers what has arrived, and returns when all threads are done.
  // Health goes last: until then it can say that we are going.
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stateward
