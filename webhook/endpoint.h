// Where a server listens, and the socket that does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace stateward {

struct Endpoint {
  std::string host;        // an address or a name
  std::uint16_t port = 0;  // 0: any that is free
};
// "127.0.0.1:9443", "[::1]:9443", "localhost:0".
Result<Endpoint> parse_endpoint(std::string_view text);
std::string to_string(const Endpoint& endpoint);

// A socket that listens there, does not block, and is nobody else's: a second process that asks for
// the same port is refused. `endpoint` gets the port that is really used. The caller closes it.
Result<int> listen_at(Endpoint& endpoint);

}  // namespace stateward
