// Lets a test hold a request while it looks at what becomes of the others.
#pragma once

#include <condition_variable>
#include <mutex>

namespace stateward {

class Gate {
 public:
  // Waits until it is open.
  void pass() {
    std::unique_lock lock(mutex_);
    has_visitor_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
  }
  void await_visitor() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_visitor_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_visitor_ = false;
  bool is_open_ = false;
};

}  // namespace stateward
