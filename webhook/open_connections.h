// The TLS connections that are open, so that stopping need not wait until idle ones time out: the
// library's threads look at nothing but their sockets. Thread safe.
#pragma once

#include <openssl/types.h>

#include <mutex>
#include <set>

namespace stateward {

class OpenConnections {
 public:
  // Follows all connections of `context` from here on. Must outlive them.
  void follow(SSL_CTX& context);
  // Ends the reading side of every connection, of later ones too: what has arrived is still
  // answered, and a thread that waits for a next request finds the end instead.
  void end_reading();
  std::size_t size() const;

 private:
  friend struct OpenConnection;
  void add(int socket);
  void remove(int socket);

  mutable std::mutex mutex_;
  std::set<int> sockets_;
  bool ended_ = false;
};

}  // namespace stateward
