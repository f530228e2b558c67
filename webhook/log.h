// The log: one line an event on standard error, written by a thread of its own. Whoever logs never
// waits: when the queue is full, the oldest lines are lost. Thread safe.
#pragma once

#include <memory>
#include <string_view>

#include "webhook/routes.h"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace stateward {

class Log {
 public:
  Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();  // writes what is queued

  void info(std::string_view line);
  void error(std::string_view line);
  // A line for a denial, none for other answers.
  void answered(const Answered& answered);

 private:
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::logger> logger_;
};

// What the log says of a denial: policies, path, object, user, uid. Names are quoted and freed from
// control characters; no values of the object appear.
std::string denial_line(const Answered& answered);

}  // namespace stateward
