#include "certs/identity_files.h"

#include <utility>

namespace stateward {

bool RepeatedProblem::is_news(const std::string& problem) {
  if (problem != problem_) {
    problem_ = problem;
    told_ = false;
    return false;
  }
  return !std::exchange(told_, true);
}

void RepeatedProblem::is_over() { problem_.clear(); }

IdentityFiles::IdentityFiles(std::filesystem::path chain, std::filesystem::path key,
                             Identity served)
    : chain_(std::move(chain)), key_(std::move(key)), served_(std::move(served)) {}

std::optional<Result<Identity>> IdentityFiles::look(std::chrono::sys_seconds now) {
  auto read = load_identity(chain_, key_, now);
  if (!read) {
    if (!problem_.is_news(read.error().message)) return std::nullopt;
    return read;
  }
  problem_.is_over();
  if (read->chain == served_.chain && read->key == served_.key) return std::nullopt;
  served_ = *read;
  return read;
}

}  // namespace stateward
