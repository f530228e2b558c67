// The signals to a command which serves: SIGTERM and SIGINT end it, SIGUSR1 makes its log tell
// everything and SIGUSR2 makes it tell what it told before. Blocked from here on in this thread and
// in those that it makes, so that one thread hears of them when it asks.
#pragma once

#include <pthread.h>

#include <csignal>
#include <ctime>
#include <optional>

#include "webhook/log.h"

namespace stateward {

class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGUSR1);
    sigaddset(&signals_, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  // The one to end that came, if it came within a second. Those for the log are obeyed here.
  std::optional<int> wait(Log& log) const {
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    const int signal = sigtimedwait(&signals_, nullptr, &second);
    if (signal == SIGUSR1) {
      log.set_level(LogLevel::debug);
      log.info("the log tells every answer now");
    }
    if (signal == SIGUSR2) {
      log.info("the log tells what it told at first");
      log.reset_level();
    }
    const bool ends = signal == SIGTERM || signal == SIGINT;
    return ends ? std::optional(signal) : std::nullopt;
  }
  // The next one to end ends the process at once.
  void release() const {
    sigset_t ending{};
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
  }

 private:
  sigset_t signals_{};
};

}  // namespace stateward
