// Dispatch: which request gets which answer, as pure functions from a request to a reply, so that
// any front can drive them. Replies are bounded: a closed set of statuses, headers that are
// literals, nothing of the request in either. Thread safe; what throws below ends here as status
// 500.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "webhook/answer.h"

namespace stateward {

// The API server takes 3 MiB from a user; a review holds up to two objects, and JSON is longer than
// protobuf.
inline constexpr std::size_t kLargestBody = std::size_t{8} * 1024 * 1024;

struct HttpRequest {
  std::string_view method;
  std::string_view path;   // "/mutate"
  std::string_view query;  // what stands behind the question mark
  std::string_view content_type;
  std::string_view body;
};

struct HttpReply {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string_view allow;  // of 405: the method to use
};

// What is told to whoever watches (the log): borrowed for the duration of the call.
struct Answered {
  Door door = Door::validate;
  std::string_view uid;
  const Review* review = nullptr;  // absent where the body was refused
  const Answer& answer;
};

// What the routes answer from. It does not change while they are in use.
struct Service {
  std::string version;
  std::vector<const Policy*> policies;
  std::vector<const Injection*> injections;
  ObjectSet set;
  // None while there is no serving certificate yet.
  std::function<std::optional<std::chrono::sys_seconds>()> certificate_expires;
  std::function<std::chrono::sys_seconds()> now;
  std::function<void(const Answered&)> observe;  // may be empty; must not block
};

class Routes {
 public:
  explicit Routes(Service service) : service_(std::move(service)) {}

  // The reply that a request earns by its head alone (404, 405, 415), before its body is read.
  static std::optional<HttpReply> refuse(const HttpRequest& head);
  // POST to a door's path. Statuses: 200, 400, 404, 405, 413, 415, 500.
  HttpReply admission(const HttpRequest& request) const;
  // GET /livez, /healthz, /readyz[?verbose], /version. Statuses: 200, 404, 405, 500, and 503 where
  // not ready.
  HttpReply health(const HttpRequest& request) const;

  // From now on /readyz says that we are about to go.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  Judgement judgement() const;
  HttpReply reviewed(std::string_view api_version, const Answered& answered) const;
  HttpReply readiness(bool verbose) const;

  Service service_;
  std::atomic<bool> draining_ = false;
};

}  // namespace stateward
