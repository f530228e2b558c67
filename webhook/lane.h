// One thread for requests that take long, so that the others go on meanwhile. Who hands them over
// bounds how many wait, by the bytes that they hold.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace stateward {

class Lane {
 public:
  Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane();  // does what is waiting

  void add(std::function<void()> work);
  // How long the work under way has taken so far; 0 while there is none. Thread safe.
  std::chrono::milliseconds silence() const;

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::time_point kAtRest{};

  void run();

  std::mutex mutex_;
  std::condition_variable something_to_do_;
  std::deque<std::function<void()>> waiting_;
  bool ended_ = false;
  std::atomic<Clock::time_point> begun_ = kAtRest;
  std::thread thread_;
};

}  // namespace stateward
