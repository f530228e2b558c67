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
#include "webhook/budget.h"
#include "webhook/http.h"

namespace stateward {

class Front;

// The API server takes 3 MiB from a user; a review holds up to two objects, and JSON is longer than
// protobuf.
inline constexpr std::size_t kLargestBody = std::size_t{8} * 1024 * 1024;

// What is told to whoever watches (the log): borrowed for the duration of the call.
struct Answered {
  Door door = Door::validate;
  std::string_view uid;
  const Review* review = nullptr;  // absent where the body was refused
  const Answer& answer;
  std::chrono::steady_clock::duration took{};  // since its last byte was there
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

// Bytes of the bodies whose answers may wait at once, for reviews are kept meanwhile. Whoever comes
// on top of them comes again; one that is larger by itself is answered at once.
inline constexpr std::size_t kMostWaiting = std::size_t{1} << 20;

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
  // Both may be empty and must not block: an answer, and a status (400, 413, 500, 503) in its
  // place.
  std::function<void(const Answered&)> observe;
  std::function<void(Door door, int status)> failed;
  // What readiness depends on besides; may be empty.
  std::function<std::vector<HealthCheck>()> checks;
  // The page of /metrics of whoever listens by this front; may be empty.
  std::function<std::string(const Front&)> metrics;
};

// Who has not looked around for longer is not alive any more.
inline constexpr std::chrono::seconds kLongestSilence{10};

// What health is told from.
struct Vitals {
  std::string_view version;
  std::function<std::vector<HealthCheck>()> checks;  // asked for readiness only
  std::function<std::string()> metrics;              // may be empty
  std::chrono::milliseconds silence{0};              // of whoever answers reviews
};

// GET /livez, /healthz, /readyz[?verbose], /version, /metrics. Statuses: 200, 404, 405, 500, and
// 503 where a check has not passed, or the silence is longer than kLongestSilence.
HttpReply health_reply(const HttpRequest& request, const Vitals& vitals);

class Routes {
 public:
  explicit Routes(Serving serving) : serving_(std::move(serving)) {}

  // The reply that a request earns by its head alone (404, 405, 415), before its body is read.
  static std::optional<HttpReply> refuse(const HttpRequest& head);
  // POST to a door's path. Statuses: 200, 400, 404, 405, 413, 415, 500, and 503 where the time that
  // the query's `timeout` gives is over already, or too much waits. Later: the answer may be
  // another once an object is known that the inventory has not heard of yet; at the latest after
  // kPatience.
  Outcome admission(const HttpRequest& request) const;
  // health_reply() with our own checks, for the front that drives admission() if there is one.
  HttpReply health(const HttpRequest& request, const Front* front = nullptr) const;

  // From now on /readyz says that we are about to go.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  struct Waiting;
  using Time = std::chrono::steady_clock::time_point;
  Outcome judge(const HttpRequest& request) const;
  ObjectSet known(std::string_view name_space) const;
  Answer judged(const Review& review, Door door) const;
  std::optional<HttpReply> ask_again(Waiting& waiting) const;
  HttpReply reviewed(std::string_view api_version, Answered answered, Time arrived) const;
  void note_failure(std::string_view path, const HttpReply& reply) const;
  std::vector<HealthCheck> checks() const;

  Serving serving_;
  mutable Budget waiting_{kMostWaiting};
  std::atomic<bool> draining_ = false;
};

}  // namespace stateward
