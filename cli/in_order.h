// Numbered pieces of work, done by several threads and handed over in the order of their numbers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stateward {

// `Done` may be moved. `work(number)` is called once for each of `pieces`, by any of the threads,
// and must not throw. No more than kAhead pieces for each thread are begun and not handed over yet.
// Who asks for the results is one of the threads: it works where others would wait.
template <typename Done>
class InOrder {
 public:
  InOrder(std::size_t pieces, std::size_t threads, std::function<Done(std::size_t)> work)
      : pieces_(pieces), most_waiting_(threads * kAhead), work_(std::move(work)) {
    for (std::size_t thread = 1; thread < threads; ++thread)
      threads_.emplace_back([this] { run(); });
  }
  InOrder(const InOrder&) = delete;
  InOrder& operator=(const InOrder&) = delete;
  // What nobody took is lost.
  ~InOrder() {
    {
      const std::lock_guard lock(mutex_);
      begun_ = pieces_;
    }
    has_room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // The next one, from 0 on; as often as there are pieces.
  Done next() {
    std::unique_lock lock(mutex_);
    while (!done_.contains(taken_)) {
      if (may_begin()) {
        do_one(lock);
      } else {
        next_is_done_.wait(lock);
      }
    }
    Done done = std::move(done_.extract(taken_++).mapped());
    lock.unlock();
    has_room_.notify_one();
    return done;
  }

  static constexpr std::size_t kAhead = 16;

 private:
  bool may_begin() const { return begun_ < pieces_ && begun_ < taken_ + most_waiting_; }

  void do_one(std::unique_lock<std::mutex>& lock) {
    const std::size_t number = begun_++;
    lock.unlock();
    Done done = work_(number);
    lock.lock();
    done_.emplace(number, std::move(done));
    if (number == taken_) next_is_done_.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (begun_ < pieces_) {
      if (may_begin()) {
        do_one(lock);
      } else {
        has_room_.wait(lock);
      }
    }
  }

  const std::size_t pieces_;
  const std::size_t most_waiting_;
  const std::function<Done(std::size_t)> work_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable has_room_;
  std::condition_variable next_is_done_;
  std::size_t begun_ = 0;
  std::size_t taken_ = 0;
  std::map<std::size_t, Done> done_;
  std::vector<std::thread> threads_;
};

}  // namespace stateward
