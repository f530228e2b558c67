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
      : pieces_(pieces), most_waiting_(threads * kAhead), work_(std::move(work)), used_(threads) {
    for (std::size_t thread = 1; thread < threads; ++thread)
      threads_.emplace_back([this, thread] { run(thread); });
  }
  InOrder(const InOrder&) = delete;
  InOrder& operator=(const InOrder&) = delete;
  // What nobody asked for is lost.
  ~InOrder() {
    {
      const std::lock_guard lock(mutex_);
      begun_ = pieces_;
    }
    has_room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // Calls `use` with the next one, from 0 on; as often as there are pieces. What `use` leaves of it
  // is freed by the thread that made it: two threads that free each other's memory wait for each
  // other's locks, for a tenth of their time.
  template <typename Use>
  void next(Use&& use) {
    std::unique_lock lock(mutex_);
    while (!done_.contains(taken_)) {
      if (may_begin()) {
        do_one(lock, kAsker);
      } else {
        next_is_done_.wait(lock);
      }
    }
    Piece piece = std::move(done_.extract(taken_++).mapped());
    lock.unlock();
    has_room_.notify_one();
    use(piece.done);
    if (piece.maker == kAsker) return;
    lock.lock();
    used_[piece.maker].push_back(std::move(piece.done));
  }

  static constexpr std::size_t kAhead = 16;

 private:
  struct Piece {
    Done done;
    std::size_t maker;  // a thread's number
  };
  static constexpr std::size_t kAsker = 0;

  bool may_begin() const { return begun_ < pieces_ && begun_ < taken_ + most_waiting_; }

  void do_one(std::unique_lock<std::mutex>& lock, std::size_t thread) {
    const std::size_t number = begun_++;
    std::vector<Done> used = std::exchange(used_[thread], {});
    lock.unlock();
    used.clear();
    Done done = work_(number);
    lock.lock();
    done_.emplace(number, Piece{std::move(done), thread});
    if (number == taken_) next_is_done_.notify_one();
  }

  void run(std::size_t thread) {
    std::unique_lock lock(mutex_);
    while (begun_ < pieces_) {
      if (may_begin()) {
        do_one(lock, thread);
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
  std::map<std::size_t, Piece> done_;
  std::vector<std::vector<Done>> used_;  // by maker
  std::vector<std::thread> threads_;
};

}  // namespace stateward
