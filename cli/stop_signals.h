// The signals that end a command which serves: SIGTERM and SIGINT, blocked from here on in this
// thread and in those that it makes, so that one thread hears of them when it asks.
#pragma once

#include <pthread.h>

#include <csignal>
#include <ctime>
#include <optional>

namespace stateward {

class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  // The one that came, if it came within a second.
  std::optional<int> wait() const {
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    const int signal = sigtimedwait(&signals_, nullptr, &second);
    return signal > 0 ? std::optional(signal) : std::nullopt;
  }
  // The next one ends the process at once.
  void release() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

 private:
  sigset_t signals_{};
};

}  // namespace stateward
