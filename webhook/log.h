// The log: one line an event on standard error, as text or as JSON, written by a thread of its own.
// Whoever logs never waits: when the queue is full, or nothing can be written, lines are lost and
// counted. Whatever names are in it, a line is one line, and a JSON line is JSON. Thread safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "webhook/routes.h"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace stateward {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { debug, info, warning, error };

struct LogOptions {
  LogFormat format = LogFormat::text;
  LogLevel level = LogLevel::info;
};

class Log {
 public:
  explicit Log(LogOptions options = {}, int descriptor = 2);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();  // writes what is queued, as far as that does not make it wait

  void info(std::string_view line);
  void warning(std::string_view line);
  void error(std::string_view line);
  // A line for a denial; at level debug one for every answer.
  void answered(const Answered& answered);

  // Lines below it are not written.
  void set_level(LogLevel level);
  // Back to the one of the options.
  void reset_level() { set_level(options_.level); }
  // Lines that were lost.
  std::uint64_t dropped() const;

 private:
  class Output;
  void say(LogLevel level, std::string_view line);

  const LogOptions options_;
  std::shared_ptr<Output> output_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::logger> logger_;
};

// What the log says of an answer: what was decided, by which policies, at which path, for which
// object, user and uid. Names are cut, quoted and freed from control characters; no values of the
// object appear. As JSON: members, without the braces around them.
std::string answer_line(const Answered& answered, LogFormat format);

}  // namespace stateward
