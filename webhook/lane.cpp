#include "webhook/lane.h"

#include <utility>

namespace stateward {

Lane::Lane() : thread_([this] { run(); }) {}

Lane::~Lane() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  something_to_do_.notify_one();
  thread_.join();
}

void Lane::add(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  something_to_do_.notify_one();
}

std::chrono::milliseconds Lane::silence() const {
  const Clock::time_point begun = begun_;
  if (begun == kAtRest) return {};
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
}

void Lane::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    something_to_do_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    begun_ = Clock::now();
    work();
    begun_ = kAtRest;
    lock.lock();
  }
}

}  // namespace stateward
