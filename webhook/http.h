// A request and what it gets, apart from how either travels.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace stateward {

struct HttpRequest {
  std::string_view method;
  std::string_view path;   // "/mutate"
  std::string_view query;  // what stands behind the question mark
  std::string_view content_type;
  std::string_view body;
  std::chrono::steady_clock::time_point arrived{};  // not later than when its last byte was read
};

struct HttpReply {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string_view allow;      // of 405: the method to use
  bool again_shortly = false;  // of 503: the same request may be answered in a second
};

// A reply as it goes onto the wire, head included.
struct RenderedReply {
  std::string bytes;
};

// A reply that is not there yet. It is asked again and again, by one thread at a time, until it
// answers; it does not block, and answers at last by itself.
using LaterReply = std::function<std::optional<HttpReply>()>;

using Outcome = std::variant<HttpReply, RenderedReply, LaterReply>;

}  // namespace stateward
