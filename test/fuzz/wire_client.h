// The other end of a connection: what it says is queued as bytes for the wire, in TLS or plain, and
// delivered in pieces; what it hears is kept. It never blocks. One TLS context serves all.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "certs/pem.h"

namespace stateward {

class WireClient {
 public:
  // Takes the socket, which does not block.
  WireClient(int socket, SSL_CTX* context) : socket_(socket) {
    if (context == nullptr) return;
    tls_.reset(SSL_new(context));
    SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(tls_.get());
    work();
  }
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;
  ~WireClient() { close(); }

  bool has_ended() const { return ended_writing_; }
  bool heard_the_end() const { return ended_; }
  const std::string& said() const { return said_; }
  const std::string& heard() const { return heard_; }
  bool has_queued() const { return !wire_.empty() || unwritten_ < said_.size(); }

  void say(std::string_view text) {
    if (ended_writing_ || !open_) return;
    said_ += text;
    work();
  }
  // Asks for new keys in the midst of it.
  void renew_keys() {
    if (!tls_ || SSL_is_init_finished(tls_.get()) != 1) return;
    SSL_version(tls_.get()) == TLS1_3_VERSION ? SSL_key_update(tls_.get(), SSL_KEY_UPDATE_REQUESTED)
                                              : SSL_renegotiate(tls_.get());
    work();
  }
  // Changes a byte of TLS that is on its way; false where none is.
  bool corrupt(std::size_t at) {
    if (!tls_ || wire_.empty()) return false;
    wire_[at % wire_.size()] ^= 0x55;
    return true;
  }
  // True when bytes went.
  bool deliver(std::size_t most) {
    if (!open_ || ended_writing_ || wire_.empty()) return false;
    const ssize_t sent =
        ::send(socket_, wire_.data(), std::min(most, wire_.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) wire_.erase(0, static_cast<std::size_t>(sent));
    return sent > 0;
  }
  // True when bytes, or the end, came.
  bool hear() {
    if (!open_ || ended_) return false;
    static std::array<char, std::size_t{64} << 10> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return false;
    ended_ = got <= 0;
    if (ended_) return true;
    const std::string_view heard(bytes.data(), static_cast<std::size_t>(got));
    if (!tls_) {
      heard_ += heard;
      return true;
    }
    BIO_write(SSL_get_rbio(tls_.get()), heard.data(), static_cast<int>(heard.size()));
    work();
    return true;
  }
  void end_writing() {
    if (!open_) return;
    if (tls_ && SSL_is_init_finished(tls_.get()) == 1) SSL_shutdown(tls_.get());
    work();
    deliver(wire_.size());
    ::shutdown(socket_, SHUT_WR);
    ended_writing_ = true;
  }
  void close() {
    if (open_) ::close(socket_);
    open_ = false;
  }

 private:
  // Lets TLS do what it can, both ways.
  void work() {
    if (!tls_) {
      wire_ += std::string_view(said_).substr(unwritten_);
      unwritten_ = said_.size();
      return;
    }
    ERR_clear_error();
    std::array<char, 4096> bytes;
    for (int got = 0; (got = SSL_read(tls_.get(), bytes.data(), bytes.size())) > 0;)
      heard_.append(bytes.data(), static_cast<std::size_t>(got));
    if (SSL_is_init_finished(tls_.get()) == 1 && unwritten_ < said_.size()) {
      const int written = SSL_write(tls_.get(), said_.data() + unwritten_,
                                    static_cast<int>(said_.size() - unwritten_));
      if (written > 0) unwritten_ += static_cast<std::size_t>(written);
    }
    for (int got = 0; (got = BIO_read(SSL_get_wbio(tls_.get()), bytes.data(), bytes.size())) > 0;)
      wire_.append(bytes.data(), static_cast<std::size_t>(got));
  }

  int socket_;
  bool open_ = true;
  bool ended_ = false;
  bool ended_writing_ = false;
  std::unique_ptr<SSL, Freed<SSL_free>> tls_;
  std::string said_;
  std::size_t unwritten_ = 0;  // of what was said, what TLS has taken, or the wire
  std::string wire_;
  std::string heard_;
};

}  // namespace stateward
