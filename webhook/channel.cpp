#include "webhook/channel.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace stateward {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Channel::Channel(int socket, SSL_CTX* context) : socket_(socket) {
  if (context == nullptr) return;
  tls_.reset(SSL_new(context));
  failed_ = tls_ == nullptr || SSL_set_fd(tls_.get(), socket) != 1;
  if (!failed_) SSL_set_accept_state(tls_.get());
}

Channel::~Channel() {
  tls_.reset();
  ::close(socket_);
}

// The error queue is the thread's: what another connection left there would be taken for ours.
Channel::Step Channel::waits_for(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_write;
    case SSL_ERROR_ZERO_RETURN:
      return Step::ended;
    default:
      failed_ = true;
      return Step::ended;
  }
}

Channel::Step Channel::shake_hands() {
  if (failed_ || !tls_) return Step::ended;
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  return result == 1 ? Step::done : waits_for(result);
}

Channel::Moved Channel::read(std::span<char> into) {
  if (failed_) return {Step::ended};
  if (!tls_) return discard(into);
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &size);
  is_dry_ = result != 1;
  return result == 1 ? Moved{Step::done, size} : Moved{waits_for(result)};
}

Channel::Moved Channel::write(std::string_view bytes) {
  if (failed_) return {Step::ended};
  std::size_t size = 0;
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &size);
    return result == 1 ? Moved{Step::done, size} : Moved{waits_for(result)};
  }
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent > 0) return {Step::done, static_cast<std::size_t>(sent)};
  return {would_block() ? Step::wants_write : Step::ended};
}

bool Channel::holds_more() const {
  return tls_ && !failed_ && !is_dry_ && SSL_has_pending(tls_.get()) == 1;
}

void Channel::end_writing() {
  if (tls_ && !failed_ && SSL_is_init_finished(tls_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  ::shutdown(socket_, SHUT_WR);
}

Channel::Moved Channel::discard(std::span<char> into) {
  const ssize_t got = ::recv(socket_, into.data(), into.size(), 0);
  if (got > 0) return {Step::done, static_cast<std::size_t>(got)};
  return {got < 0 && would_block() ? Step::wants_read : Step::ended};
}

void Channel::abandon() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

}  // namespace stateward
