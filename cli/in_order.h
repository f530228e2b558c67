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
// and must not throw. No more than `ahead` results for each thread wait to be taken. With one
// thread there are none: work is done when its result is asked for.
template <typename Done>
class InOrder {
 public:
  InOrder(std::size_t pieces, std::size_t threads, std::function<Done(std::size_t)> work)
      : pieces_(pieces), most_waiting_(threads * kAhead), work_(std::move(work)) {
    if (threads < 2) return;
    for (std::size_t thread = 0; thread < threads; ++thread)
      threads_.emplace_back([this] { run(); });
  }
  InOrder(const InOrder&) = delete;
  InOrder& operator=(const InOrder&) = delete;
  // What nobody took is lost.
  ~InOrder() {
    {
      const std::lock_guard lock(mutex_);
      begun_ = pieces_;
      taken_ = pieces_;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // The next one, from 0 on; as often as there are pieces. Waits until it is done.
  Done next() {
    if (threads_.empty()) return work_(taken_++);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_.contains(taken_); });
    auto piece = done_.extract(taken_++);
    lock.unlock();
    changed_.notify_all();
    return std::move(piece.mapped());
  }

 private:
  static constexpr std::size_t kAhead = 4;

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return begun_ == pieces_ || begun_ < taken_ + most_waiting_; });
      if (begun_ == pieces_) return;
      const std::size_t number = begun_++;
      lock.unlock();
      Done done = work_(number);
      lock.lock();
      done_.emplace(number, std::move(done));
      changed_.notify_all();
    }
  }

  const std::size_t pieces_;
  const std::size_t most_waiting_;
  const std::function<Done(std::size_t)> work_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t begun_ = 0;
  std::size_t taken_ = 0;
  std::map<std::size_t, Done> done_;
  std::vector<std::thread> threads_;
};

}  // namespace stateward
