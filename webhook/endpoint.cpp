#include "webhook/endpoint.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <system_error>

namespace stateward {
namespace {

constexpr int kBacklog = 4096;  // API servers that come back connect all together

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses addresses_of(const Endpoint& endpoint) {
  addrinfo wanted{};
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted,
                    &found) != 0)
    return nullptr;
  return Addresses(found);
}

// What is set here is inherited by the connections.
void set_options(int socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

std::optional<int> listen_at(const addrinfo& address) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return std::nullopt;
  set_options(socket);
  if (::bind(socket, address.ai_addr, address.ai_addrlen) == 0 && ::listen(socket, kBacklog) == 0)
    return socket;
  const int why = errno;
  ::close(socket);
  errno = why;
  return std::nullopt;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto malformed = [&] {
    return fail(fmt::format("\"{}\" is not ADDRESS:PORT, like 127.0.0.1:9443", text));
  };
  if (colon == std::string_view::npos) return malformed();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return malformed();
  }
  Endpoint endpoint{.host = std::string(host)};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (host.empty() || error != std::errc() || end != digits.data() + digits.size())
    return malformed();
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  const bool bracket = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", bracket ? "[" : "", endpoint.host, bracket ? "]" : "",
                     endpoint.port);
}

Result<int> listen_at(Endpoint& endpoint) {
  errno = 0;
  const Addresses addresses = addresses_of(endpoint);
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    if (const auto socket = listen_at(*address)) {
      endpoint.port = port_of(*socket);
      return *socket;
    }
  }
  const std::string why =
      addresses && errno != 0 ? std::generic_category().message(errno) : "no such address";
  return fail(fmt::format("cannot listen at {}: {}", to_string(endpoint), why));
}

}  // namespace stateward
