// Clients and sockets nearer to the wire than an HTTP library lets one come.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "webhook/server.h"

namespace stateward {

// A TLS connection that says exactly what a test wants it to say. It verifies nothing.
class RawClient {
 public:
  explicit RawClient(const Endpoint& server);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  SSL_CTX* context() { return context_; }  // to be changed before the handshake
  bool shake_hands();
  SSL* ssl() { return ssl_; }
  void say(std::string_view text);
  std::string hear_out();  // all that comes until the server closes

 private:
  int socket_ = -1;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
};

// Somebody listens there.
bool accepts(const Endpoint& server);
// The socket of this process that listens at the port; -1 where there is none.
int listening_socket(std::uint16_t port);
int socket_option(int socket, int level, int name);

}  // namespace stateward
