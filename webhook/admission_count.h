// How reviews were answered, counted by the threads that answer them: three atomic additions for
// one that is allowed, no lock and no look-up. All series are there from the beginning; nothing
// that a client sends can make another.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "webhook/metrics.h"
#include "webhook/routes.h"

namespace stateward {

class AdmissionCount {
 public:
  // The ids of the policies are labels.
  explicit AdmissionCount(std::vector<const Policy*> policies);

  // Thread safe, all three.
  void answered(const Answered& answered);
  // What was sent there got this status instead of an answer: see Routes::admission().
  void failed(Door door, int status);
  void write(MetricsPage& page) const;

 private:
  static constexpr std::size_t kDoors = 4;
  static constexpr std::size_t kOperations = 4;
  static constexpr std::size_t kKinds = 5;
  static constexpr std::size_t kDecisions = 4;
  static constexpr std::size_t kBounds = 13;
  static constexpr std::size_t kFailures = 4;
  using Count = std::atomic<std::uint64_t>;

  void write_requests(MetricsPage& page) const;
  void write_denials(MetricsPage& page) const;
  void write_durations(MetricsPage& page) const;
  void write_failures(MetricsPage& page) const;

  std::array<Count, kDoors * kOperations * kKinds * kDecisions> judged_{};
  std::array<Count, kDoors> unjudged_{};
  std::array<std::array<Count, kBounds + 1>, kDoors> durations_{};
  std::array<Count, kDoors> nanoseconds_{};
  std::array<std::array<Count, kFailures>, kDoors> failures_{};
  Count patch_operations_ = 0;
  const std::vector<const Policy*> policies_;
  // By policy and door; the last ones are of denials that no policy states.
  std::vector<std::array<Count, kDoors>> denials_;
};

}  // namespace stateward
