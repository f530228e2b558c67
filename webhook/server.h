// The connection: TLS, HTTP/1.1 and threads around Routes, by cpp-httplib's own server. A thread
// serves one connection at a time from handshake to close, so `connections` bounds how many are
// served; further ones wait. Health has a listener and threads of its own, without TLS. This
// library bounds neither header lines nor time spent in them: it belongs behind the API server, not
// on a network.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "webhook/routes.h"
#include "webhook/tls.h"

namespace stateward {

struct Endpoint {
  std::string host;        // an address or a name
  std::uint16_t port = 0;  // 0: any that is free
};
// "127.0.0.1:9443", "[::1]:9443", "localhost:0".
Result<Endpoint> parse_endpoint(std::string_view text);
std::string to_string(const Endpoint& endpoint);

struct ServerOptions {
  Endpoint admission;
  std::optional<Endpoint> health;
  // The API server keeps up to 25 idle connections a webhook configuration, for 90 s.
  std::size_t connections = 256;
};

// Health alone: a listener without TLS that asks `reply` about every request, in threads of its
// own, until it is destroyed.
class HealthServer {
 public:
  using Reply = std::function<HttpReply(const HttpRequest&)>;
  static Result<std::unique_ptr<HealthServer>> start(const Endpoint& endpoint, Reply reply);
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;
  ~HealthServer();

  const Endpoint& endpoint() const;  // with the port that is really used
  bool running() const;

 private:
  struct Listener;
  explicit HealthServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
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
  // Both listeners accept. False for good once the operating system has made one of them give up.
  bool running() const;
  // Refuses new connections, answers what has arrived, and returns when all threads are done.
  void stop();

 private:
  struct Listeners;
  explicit Server(std::unique_ptr<Listeners> listeners);
  std::unique_ptr<Listeners> listeners_;
};

}  // namespace stateward
