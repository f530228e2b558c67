#include "webhook/open_connections.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>

namespace stateward {

// Hangs on an SSL object and goes with it, which is before its socket is closed and its number
// given to another.
struct OpenConnection {
  OpenConnection(OpenConnections& all_open, int number) : all(all_open), socket(number) {
    all.add(socket);
  }
  ~OpenConnection() { all.remove(socket); }
  OpenConnection(const OpenConnection&) = delete;
  OpenConnection& operator=(const OpenConnection&) = delete;

  OpenConnections& all;
  int socket;
};

namespace {

void free_connection(void*, void* connection, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<OpenConnection*>(connection);
}

// Where OpenSSL keeps our pointer in every SSL object of this process.
int index_of_connection() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_connection);
  return index;
}

void on_event(const SSL* ssl, int event, int) {
  if ((event & SSL_CB_HANDSHAKE_START) == 0) return;
  // An error that an earlier connection left in this thread's queue would be taken for this one's.
  ERR_clear_error();
  if (SSL_get_ex_data(ssl, index_of_connection()) != nullptr) return;
  auto& all = *static_cast<OpenConnections*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  auto connection = std::make_unique<OpenConnection>(all, SSL_get_fd(ssl));
  if (SSL_set_ex_data(const_cast<SSL*>(ssl), index_of_connection(), connection.get()) == 1) {
    static_cast<void>(connection.release());
  }
}

}  // namespace

void OpenConnections::follow(SSL_CTX& context) {
  SSL_CTX_set_app_data(&context, this);
  SSL_CTX_set_info_callback(&context, on_event);
}

void OpenConnections::request_begins(const SSL& connection) {
  const std::lock_guard lock(mutex_);
  busy_[SSL_get_fd(&connection)] = true;
}

void OpenConnections::request_ends(const SSL& connection) {
  const std::lock_guard lock(mutex_);
  busy_[SSL_get_fd(&connection)] = false;
}

void OpenConnections::end_waiting() {
  const std::lock_guard lock(mutex_);
  for (const auto& [socket, busy] : busy_) {
    if (!busy) ::shutdown(socket, SHUT_RD);
  }
}

void OpenConnections::add(int socket) {
  const std::lock_guard lock(mutex_);
  busy_[socket] = false;
}

void OpenConnections::remove(int socket) {
  const std::lock_guard lock(mutex_);
  busy_.erase(socket);
}

}  // namespace stateward
