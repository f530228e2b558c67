// Numbered pieces of work, done by several threads and handed over in the order of their numbers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stateward {

// `Done` may be moved. `work(number)` is called once for each of `pieces`, by any of the threads,
// and must not throw. No more than kAhead pieces for each thread are begun and not handed over yet.
// With one thread there are none: work is done when its result is asked for.
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
    has_room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // The next one, from 0 on; as often as there are pieces. Waits until it is done.
  Done next() {
    if (threads_.empty()) return work_(taken_++);
    if (ready_.empty()) fetch();
    Done done = std::move(ready_.front());
    ready_.pop_front();
    return done;
  }

  static constexpr std::size_t kAhead = 16;

 private:
  // Several at a time: to be woken for each would cost more than many a piece.
  void fetch() {
    std::unique_lock lock(mutex_);
    finished_some_.wait(lock, [this] {
      return done_.contains(taken_) && (done_.size() >= most_waiting_ / 2 || left_ == 0);
    });
    for (auto at = done_.find(taken_); at != done_.end() && at->first == taken_; ++taken_) {
      ready_.push_back(std::move(at->second));
      at = done_.erase(at);
    }
    lock.unlock();
    has_room_.notify_all();
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      has_room_.wait(lock, [this] { return begun_ == pieces_ || begun_ < taken_ + most_waiting_; });
      if (begun_ == pieces_) return;
      const std::size_t number = begun_++;
      lock.unlock();
      Done done = work_(number);
      lock.lock();
      done_.emplace(number, std::move(done));
      --left_;
      if (done_.size() >= most_waiting_ / 2 || left_ == 0) finished_some_.notify_one();
    }
  }

  const std::size_t pieces_;
  const std::size_t most_waiting_;
  const std::function<Done(std::size_t)> work_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable has_room_;
  std::condition_variable finished_some_;
  std::size_t left_ = pieces_;  // not done yet
  std::size_t begun_ = 0;
  std::size_t taken_ = 0;
  std::map<std::size_t, Done> done_;
  std::deque<Done> ready_;  // of who takes them
  std::vector<std::thread> threads_;
};

}  // namespace stateward
