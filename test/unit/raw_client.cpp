#include "test/unit/raw_client.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace stateward {
namespace {

bool connect_to(int socket, const Endpoint& server) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  ::inet_pton(AF_INET, server.host.c_str(), &address.sin_addr);
  return ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace

RawClient::RawClient(const Endpoint& server)
    : socket_(::socket(AF_INET, SOCK_STREAM, 0)), context_(SSL_CTX_new(TLS_client_method())) {
  REQUIRE(connect_to(socket_, server));
}

RawClient::~RawClient() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(socket_);
}

bool RawClient::shake_hands() {
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, socket_);
  return SSL_connect(ssl_) == 1;
}

void RawClient::say(std::string_view text) {
  REQUIRE(SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0);
}

std::string RawClient::hear_out() {
  std::string all;
  char buffer[4096];
  for (int size = 0; (size = SSL_read(ssl_, buffer, sizeof(buffer))) > 0;) {
    all.append(buffer, static_cast<std::size_t>(size));
  }
  return all;
}

bool accepts(const Endpoint& server) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const bool connected = connect_to(socket, server);
  ::close(socket);
  return connected;
}

int socket_option(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  ::getsockopt(socket, level, name, &value, &size);
  return value;
}

int listening_socket(std::uint16_t port) {
  for (int socket = 0; socket < 1024; ++socket) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    if (socket_option(socket, SOL_SOCKET, SO_ACCEPTCONN) != 1) continue;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    if (ntohs(address.sin_port) == port) return socket;
  }
  return -1;
}

}  // namespace stateward
