// How much memory may be taken by what others send, counted together over all threads. What is
// taken is a Share, which gives itself back.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace stateward {

class Budget {
 public:
  explicit Budget(std::size_t limit) : limit_(limit) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  bool take(std::size_t amount) {
    std::size_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (amount > limit_ - taken) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + amount, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::size_t amount) { taken_.fetch_sub(amount, std::memory_order_relaxed); }

  std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  std::size_t limit() const { return limit_; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> taken_ = 0;  // never more than limit_
};

class Share {
 public:
  Share() = default;
  Share(Share&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), amount_(std::exchange(other.amount_, 0)) {}
  Share& operator=(Share&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(amount_, other.amount_);
    return *this;
  }
  ~Share() { reset(); }

  // Makes it `amount` in all; false, and nothing changes, where the budget has no more. A share is
  // always of one budget until it is reset.
  bool grow_to(Budget& budget, std::size_t amount) {
    if (amount <= amount_) return true;
    if (!budget.take(amount - amount_)) return false;
    budget_ = &budget;
    amount_ = amount;
    return true;
  }
  void reset() {
    if (budget_ != nullptr) budget_->give_back(amount_);
    budget_ = nullptr;
    amount_ = 0;
  }

 private:
  Budget* budget_ = nullptr;
  std::size_t amount_ = 0;
};

}  // namespace stateward
