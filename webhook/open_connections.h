// The TLS connections that are open, so that stopping need not wait until idle ones time out: the
// library's threads look at nothing but their sockets. Thread safe.
#pragma once

#include <openssl/types.h>

#include <map>
#include <mutex>

namespace stateward {

class OpenConnections {
 public:
  // Follows all connections of `context` from here on. Must outlive them.
  void follow(SSL_CTX& context);
  // From the head of a request until its reply is written.
  void request_begins(const SSL& connection);
  void request_ends(const SSL& connection);
  // Ends the reading side of every connection that waits for a request, so that the thread that
  // waits finds its end. The others are left alone: the library does not write to a connection
  // whose reading side has ended, and looks whether it was stopped once it has replied.
  void end_waiting();

 private:
  friend struct OpenConnection;
  void add(int socket);
  void remove(int socket);

  std::mutex mutex_;
  std::map<int, bool> busy_;  // by socket
};

}  // namespace stateward
