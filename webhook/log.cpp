#include "webhook/log.h"

#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <string>

#include "engine/decide.h"
#include "engine/json_writer.h"

namespace stateward {
namespace {

constexpr std::size_t kQueuedLines = 8192;
constexpr std::size_t kNameLength = 253;

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, printable(text, kNameLength));
  return out;
}

}  // namespace

Log::Log()
    : pool_(std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1)),
      logger_(std::make_shared<spdlog::async_logger>(
          "stateward", std::make_shared<spdlog::sinks::stderr_sink_mt>(), pool_,
          spdlog::async_overflow_policy::overrun_oldest)) {
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

// The thread ends first, for it still writes.
Log::~Log() { pool_.reset(); }

void Log::info(std::string_view line) { logger_->info(line); }

void Log::error(std::string_view line) { logger_->error(line); }

void Log::answered(const Answered& answered) {
  if (!answered.answer.response.allowed) info(denial_line(answered));
}

std::string denial_line(const Answered& answered) {
  std::string policies;
  for (const std::string_view id : answered.answer.denied_by) {
    policies += fmt::format("{}{}", policies.empty() ? "" : ",", id);
  }
  std::string line = fmt::format("denied policy={} path={}", policies.empty() ? "-" : policies,
                                 path_of(answered.door));
  if (const Review* review = answered.review) {
    line += fmt::format(" kind={} object={} user={}", quoted(review->kind.name),
                        quoted(fmt::format("{}/{}", review->name_space, review->name)),
                        quoted(review->user));
  }
  return line + fmt::format(" uid={}", quoted(answered.uid));
}

}  // namespace stateward
