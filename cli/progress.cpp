#include "cli/progress.h"

#include <unistd.h>

#include <iostream>
#include <utility>

namespace stateward {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirst{1000};
constexpr std::chrono::milliseconds kEach{200};

}  // namespace

Progress::Progress()
    : on_terminal_(isatty(STDERR_FILENO) == 1), next_(steady_clock::now() + kFirst) {}

void Progress::step(std::string_view state) {
  if (!on_terminal_) return;
  const auto now = steady_clock::now();
  if (now < next_) return;
  next_ = now + kEach;
  std::cout.flush();
  std::cerr << "\r\033[K" << state << std::flush;
  printed_ = true;
}

void Progress::wipe() {
  if (std::exchange(printed_, false)) std::cerr << "\r\033[K" << std::flush;
}

}  // namespace stateward
