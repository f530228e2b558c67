// Dispatch: which request gets which answer, as functions from a request to a reply, so that any
// front can drive them. Replies are bounded: a closed set of statuses, headers that are literals,
// nothing of the request in either. Thread safe; none of it blocks; what throws below ends here as
// status 500.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "webhook/answer.h"
#include "webhook/http.h"

namespace stateward {

// The API server takes 3 MiB from a user; a review holds up to two objects, and JSON is longer than
// protobuf.
inline constexpr std::size_t kLargestBody = std::size_t{8} * 1024 * 1024;

// What is told to whoever watches (the log): borrowed for the duration of the call.
struct Answered {
  Door door = Door::validate;
  std::string_view uid;
  const Review* review = nullptr;  // absent where the body was refused
  const Answer& answer;
};

// What is known beside a review: nothing, or what an inventory holds. All functions are there or
// none is; they are called by several threads, and none does I/O.
struct Knowledge {
  std::function<ObjectSet(std::string_view name_space)> view;
  std::function<bool(Kind kind, std::string_view name_space, std::string_view name)> knows;
  std::function<KubernetesVersion()> kubernetes;  // the cluster's, or the latest
};

// How long an answer that may change by it waits for an object that is not known yet.
inline constexpr std::chrono::milliseconds kPatience{300};
// Of the time that the API server gives, what is left for the way back.
inline constexpr std::chrono::milliseconds kWayBack{200};

// One line of /readyz?verbose.
struct HealthCheck {
  std::string_view name;
  bool passed = true;
  std::string note;
};

// What the routes answer from. It does not change while they are in use.
struct Serving {
  std::string version;
  std::vector<const Policy*> policies;
  std::vector<const Injection*> injections;
  Knowledge knowledge;
  std::function<std::shared_ptr<const Settings>()> settings;  // may be empty: the defaults
  // None while there is no serving certificate yet.
  std::function<std::optional<std::chrono::sys_seconds>()> certificate_expires;
  std::function<std::chrono::sys_seconds()> now;
  std::function<void(const Answered&)> observe;  // may be empty; must not block
  // What readiness depends on besides; may be empty.
  std::function<std::vector<HealthCheck>()> checks;
};

// GET /livez, /healthz, /readyz[?verbose], /version. Statuses: 200, 404, 405, 500, and 503 where
// one of `checks`, which are asked for readiness only, has not passed.
HttpReply health_reply(const HttpRequest& request, std::string_view version,
                       const std::function<std::vector<HealthCheck>()>& checks);

class Routes {
 public:
  explicit Routes(Serving serving) : serving_(std::move(serving)) {}

  // The reply that a request earns by its head alone (404, 405, 415), before its body is read.
  static std::optional<HttpReply> refuse(const HttpRequest& head);
  // POST to a door's path. Statuses: 200, 400, 404, 405, 413, 415, 500, and 503 where the time that
  // the query's `timeout` gives is over already. Later: the answer may be another once an object is
  // known that the inventory has not heard of yet; at the latest after kPatience.
  Outcome admission(const HttpRequest& request) const;
  // health_reply() with our own checks.
  HttpReply health(const HttpRequest& request) const;

  // From now on /readyz says that we are about to go.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  struct Waiting;
  ObjectSet known(std::string_view name_space) const;
  Answer judged(const Review& review, Door door) const;
  std::optional<HttpReply> ask_again(Waiting& waiting) const;
  HttpReply reviewed(std::string_view api_version, const Answered& answered) const;
  std::vector<HealthCheck> checks() const;

  Serving serving_;
  std::atomic<bool> draining_ = false;
};

}  // namespace stateward
