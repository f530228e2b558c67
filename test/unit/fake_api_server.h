// An API server that says what a test wants it to say, byte by byte, over real sockets on the
// loopback interface, with TLS of its own authority. Each connection has a thread, in which the
// test's handler answers one request after another.
#pragma once

#include <openssl/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.h"
#include "cluster/access.h"
#include "cluster/credentials.h"

namespace stateward {

struct FakeRequest {
  std::string method;
  std::string target;  // path and query
  std::string head;    // the header lines
  std::string body;

  std::string path() const { return target.substr(0, target.find('?')); }
  std::string header(std::string_view name) const;  // empty where there is none
  // Of the query, as it was sent.
  std::string parameter(std::string_view name) const;
  bool is_watch() const { return parameter("watch") == "true"; }
};

// The connection's other side, as far as a handler goes.
class FakeReply {
 public:
  FakeReply(int socket, SSL* ssl) : socket_(socket), ssl_(ssl) {}

  void json(int status, std::string_view body, std::string_view more_headers = {});
  // A metav1.Status.
  void status(int code, std::string_view reason, std::string_view message = "as scripted",
              std::string_view more_headers = {});
  // 200 and a chunked body.
  void begin_stream();
  bool chunk(std::string_view bytes);  // false where nobody listens any more
  void end_stream();
  bool raw(std::string_view bytes);
  void hang_up();  // as a server does that has nothing more to say
  void reset();    // as a network does
  void hold();     // until the client or the server goes
  bool gone() const { return gone_; }

 private:
  int socket_;
  SSL* ssl_;
  bool gone_ = false;
};

std::string status_json(int code, std::string_view reason, std::string_view message);

class FakeApiServer {
 public:
  using Handler = std::function<void(const FakeRequest&, FakeReply&)>;
  struct Options {
    bool tls = true;
    std::string host = "127.0.0.1";
    std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};  // in its certificate
  };

  explicit FakeApiServer(Handler handler) : FakeApiServer(std::move(handler), Options()) {}
  FakeApiServer(Handler handler, const Options& options);
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;
  ~FakeApiServer();

  // How to reach it: its authority is trusted, and nobody is logged in.
  Access access() const;
  std::string url() const;
  const Authority& authority() const;
  const Identity& identity() const;
  // In the order in which they came.
  std::vector<FakeRequest> requests() const;
  std::size_t count(std::string_view method) const;
  // Waits until that many requests have come, at most half a minute; whether they did.
  bool await(std::size_t requests) const;
  std::size_t connections() const;
  std::string server_name() const;         // that the last client asked for (SNI)
  std::string client_certificate() const;  // PEM, of the last client; empty where it showed none

 private:
  struct Self;
  std::unique_ptr<Self> self_;
};

// Credentials that are looked at with the real clock.
std::shared_ptr<CredentialSource> source_of(const Access& access);
std::chrono::sys_seconds real_now();

}  // namespace stateward
