#include "webhook/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <span>

#include "engine/decide.h"
#include "engine/json_writer.h"
#include "webhook/operation_name.h"

namespace stateward {
namespace {

constexpr std::size_t kQueuedLines = 8192;
// With these no line is longer than what a pipe takes at once: see Output.
constexpr std::size_t kLineLength = 1024;
constexpr std::size_t kNameLength = 253;
constexpr std::size_t kWordLength = 63;
constexpr std::size_t kPoliciesNamed = 10;
constexpr std::size_t kUsualLine = 512;

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

const char* pattern_of(LogFormat format) {
  return format == LogFormat::json ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                   : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
}

// Appends `text` as JSON does it, cut and without control characters. Most names need neither.
void append_quoted(std::string& out, std::string_view text, std::size_t limit = kNameLength) {
  const bool plain = text.size() <= limit && std::all_of(text.begin(), text.end(), [](char c) {
                       return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
                     });
  if (!plain) return append_json_string(out, printable(text, limit));
  out += '"';
  out += text;
  out += '"';
}

std::string_view decision_of(const AdmissionResponse& response) {
  if (!response.allowed) return "denied";
  if (!response.patch.empty()) return "patched";
  return response.warnings.empty() ? "allowed" : "warned";
}

std::span<const std::string_view> policies_of(const Answered& answered) {
  const auto& all = answered.answer.denied_by;
  return {all.data(), std::min(all.size(), kPoliciesNamed)};
}

std::string text_line(const Answered& answered) {
  std::string line;
  line.reserve(kUsualLine);
  const auto add = [&line](auto... parts) { (line.append(parts), ...); };
  add(decision_of(answered.answer.response), " policy=");
  const auto policies = policies_of(answered);
  if (policies.empty()) line += '-';
  for (const std::string_view& id : policies) add(&id == policies.data() ? "" : ",", id);
  add(" path=", path_of(answered.door));
  if (const Review* review = answered.review) {
    add(" operation=", name_of(review->operation), " kind=");
    append_quoted(line, review->kind.name, kWordLength);
    add(" namespace=");
    append_quoted(line, review->name_space, kWordLength);
    add(" name=");
    append_quoted(line, review->name);
    add(" user=");
    append_quoted(line, review->user);
  }
  add(" uid=");
  append_quoted(line, answered.uid, kWordLength);
  return line;
}

std::string json_line(const Answered& answered) {
  std::string line;
  line.reserve(kUsualLine);
  const auto add = [&line](auto... parts) { (line.append(parts), ...); };
  add(R"("msg":")", decision_of(answered.answer.response), R"(","policies":[)");
  const auto policies = policies_of(answered);
  for (const std::string_view& id : policies)
    add(&id == policies.data() ? "" : ",", "\"", id, "\"");
  add(R"(],"path":")", path_of(answered.door), "\"");
  if (const Review* review = answered.review) {
    add(R"(,"operation":")", name_of(review->operation), R"(","kind":)");
    append_quoted(line, review->kind.name, kWordLength);
    add(R"(,"namespace":)");
    append_quoted(line, review->name_space, kWordLength);
    add(R"(,"name":)");
    append_quoted(line, review->name);
    add(R"(,"user":)");
    append_quoted(line, review->user);
    add(R"(,"dryRun":)", review->dry_run ? "true" : "false");
  }
  add(R"(,"uid":)");
  append_quoted(line, answered.uid, kWordLength);
  const std::chrono::duration<double, std::milli> took = answered.took;
  fmt::format_to(std::back_inserter(line), R"(,"ms":{:.3f})", took.count());
  return line;
}

}  // namespace

// Writes only where that does not make it wait: to a pipe that reports room, a whole page is free,
// and no line is longer. Otherwise it waits for room, and the queue loses lines meanwhile; while we
// end it does not wait.
class Log::Output final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}
  void end() { ended_ = true; }
  void lose() { ++lost_; }
  std::uint64_t lost() const { return lost_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (!write({line.data(), line.size()})) lose();
  }
  void flush_() override {}

 private:
  static constexpr int kPatience = 100;  // milliseconds between two looks at whether we end

  bool write(std::string_view rest) {
    while (!rest.empty()) {
      pollfd room{.fd = descriptor_, .events = POLLOUT, .revents = 0};
      const int ready = ::poll(&room, 1, ended_ ? 0 : kPatience);
      if (ready == 0 && !ended_) continue;
      if (ready == 0 || (ready < 0 && errno != EINTR)) return false;
      if (ready < 0) continue;
      const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
      if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (written <= 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  const int descriptor_;
  std::atomic<bool> ended_ = false;
  std::atomic<std::uint64_t> lost_ = 0;
};

Log::Log(LogOptions options, int descriptor)
    : options_(options),
      output_(std::make_shared<Output>(descriptor)),
      pool_(std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1)),
      logger_(std::make_shared<spdlog::async_logger>(
          "stateward", output_, pool_, spdlog::async_overflow_policy::overrun_oldest)) {
  logger_->set_pattern(pattern_of(options_.format), spdlog::pattern_time_type::utc);
  logger_->set_error_handler([output = output_](const std::string&) { output->lose(); });
  reset_level();
}

// The thread ends first, for it still writes.
Log::~Log() {
  output_->end();
  pool_.reset();
}

void Log::info(std::string_view line) { say(LogLevel::info, line); }

void Log::warning(std::string_view line) { say(LogLevel::warning, line); }

void Log::error(std::string_view line) { say(LogLevel::error, line); }

void Log::say(LogLevel level, std::string_view line) {
  if (!logger_->should_log(level_of(level))) return;
  const std::string text = printable(line, kLineLength);
  std::string message;
  if (options_.format == LogFormat::json) {
    message = "\"msg\":";
    append_json_string(message, text);
  } else {
    message = text;
  }
  logger_->log(level_of(level), spdlog::string_view_t(message));
}

void Log::answered(const Answered& answered) {
  const bool denied = !answered.answer.response.allowed;
  const auto level = denied ? spdlog::level::info : spdlog::level::debug;
  if (!logger_->should_log(level)) return;
  // As a view: of a string spdlog makes a format's argument.
  const std::string line = answer_line(answered, options_.format);
  logger_->log(level, spdlog::string_view_t(line));
}

void Log::set_level(LogLevel level) { logger_->set_level(level_of(level)); }

std::uint64_t Log::dropped() const { return pool_->overrun_counter() + output_->lost(); }

std::string answer_line(const Answered& answered, LogFormat format) {
  return format == LogFormat::json ? json_line(answered) : text_line(answered);
}

}  // namespace stateward
