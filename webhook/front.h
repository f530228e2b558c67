// The front of a server: sockets, TLS and HTTP/1.1 framing around a Dispatch, for anybody who may
// connect. A few threads, one for each core, serve any number of connections; none of them waits
// for one. What a connection may take of time and memory is bounded in each of its phases, and who
// cannot be served hears so. webhook/loop.cpp tells how.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "engine/result.h"
#include "webhook/endpoint.h"
#include "webhook/http.h"
#include "webhook/traffic.h"

namespace stateward {

// Who answers. Called by the threads of the front, by several at once; none of it may block.
struct Dispatch {
  // The reply that a request earns by its head alone, before its body is read.
  std::function<std::optional<HttpReply>(const HttpRequest& head)> refuse;
  std::function<Outcome(const HttpRequest& request)> reply;
  // Whether clients are to come back by another connection.
  std::function<bool()> draining;
};

struct FrontOptions {
  std::size_t threads = 1;
  std::size_t largest_body = 0;  // bytes; a larger one is status 413
  std::size_t connections = 4096;
  // Bytes of requests that have not arrived whole, or wait: of small ones as they arrive, of those
  // larger than kSmallRequest from their heads on.
  std::size_t small_bytes = std::size_t{16} << 20;
  std::size_t large_bytes = std::size_t{16} << 20;
  // How long a connection may be in a phase, counted from its beginning.
  std::chrono::milliseconds handshake{5'000};
  std::chrono::milliseconds head{5'000};
  std::chrono::milliseconds body{10'000};
  std::chrono::milliseconds writing{10'000};
  // Longer than the 90 s after which the API server closes: who closes first loses a request that
  // crosses it.
  std::chrono::milliseconds idle{120'000};
  std::chrono::milliseconds lingering{1'000};
  // A request that has waited longer before anybody looked at it is not judged any more.
  std::chrono::milliseconds most_lag{500};
};

// Larger requests are judged one at a time, by a thread of their own.
inline constexpr std::size_t kSmallRequest = std::size_t{128} << 10;

class Front {
 public:
  // Listens and serves until stop(). `context`, which may be absent (no TLS), must outlive the
  // front; its modes are set to what the front needs.
  static Result<std::unique_ptr<Front>> start(const Endpoint& endpoint, SSL_CTX* context,
                                              Dispatch dispatch, const FrontOptions& options);
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;
  ~Front();

  const Endpoint& endpoint() const;  // with the port that is really used
  const Traffic& traffic() const;
  std::size_t bytes_in_flight() const;
  // How long ago the slowest of the threads has last looked around, or how long a large request has
  // been judged: whichever is longer.
  std::chrono::milliseconds silence() const;
  // Accepts nobody any more, answers what is under way, closes what is idle, and returns when all
  // threads are done: after 25 s at the latest, for then the last phases are over.
  void stop();

 private:
  struct Running;
  explicit Front(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace stateward
