// One connection that never blocks: a socket, with or without TLS on it. Every step says what it
// waits for. Not thread safe.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "certs/pem.h"

namespace stateward {

class Channel {
 public:
  enum class Step : std::uint8_t {
    done,
    wants_read,   // again when there is something to read
    wants_write,  // again when there is room to write
    ended,        // the other side has closed, or broken, the connection
  };
  struct Moved {
    Step step = Step::done;
    std::size_t size = 0;  // bytes; more than none where it is done
  };

  // Takes the socket, which does not block; with a context TLS is spoken on it.
  Channel(int socket, SSL_CTX* context);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();  // closes it

  int socket() const { return socket_; }
  // With TLS, before anything is read or written.
  Step shake_hands();
  Moved read(std::span<char> into);
  // What could not be written at once must be given again.
  Moved write(std::string_view bytes);
  // More has been read from the socket than was asked for, and nothing will tell of it. Not so of
  // a record that has not come whole: what is missing of it will tell.
  bool holds_more() const;
  // Tells the other side that nothing more will be written.
  void end_writing();
  // Reads what the other side still sends and throws it away. `ended` when it has closed.
  Moved discard(std::span<char> into);
  // Closing will reset the connection, so that the system keeps nothing of it.
  void abandon();

 private:
  Step waits_for(int result);

  int socket_;
  std::unique_ptr<SSL, Freed<SSL_free>> tls_;
  bool failed_ = false;  // nothing may be asked of TLS after an error
  bool is_dry_ = false;  // no whole record is there
};

}  // namespace stateward
