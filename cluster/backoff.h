// How long to wait before another try: 0.8 s, doubled each time up to 30 s, spread by a random
// factor so that those who failed together do not come back together (client-go's reflector).
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace stateward {

class Backoff {
 public:
  using Duration = std::chrono::milliseconds;
  static constexpr Duration kFirst{800};
  static constexpr Duration kLongest{30'000};

  explicit Backoff(unsigned seed) : random_(seed) {}

  // Between the present step and twice of it, at most kLongest.
  Duration next() {
    const double factor = 1.0 + std::uniform_real_distribution<double>(0.0, 1.0)(random_);
    const auto wait = std::chrono::duration_cast<Duration>(step_ * factor);
    step_ = std::min(step_ * 2, kLongest);
    return std::min(wait, kLongest);
  }
  // Things went well for long enough.
  void reset() { step_ = kFirst; }

 private:
  std::minstd_rand random_;
  Duration step_ = kFirst;
};

}  // namespace stateward
