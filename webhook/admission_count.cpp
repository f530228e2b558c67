#include "webhook/admission_count.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "webhook/operation_name.h"

namespace stateward {
namespace {

constexpr std::array<Door, 4> kAllDoors = {Door::mutate, Door::validate, Door::observe,
                                           Door::guard};
constexpr std::array<std::string_view, 4> kDoorNames = {"mutate", "validate", "observe", "guard"};
// What the registrations ask about. A Scale is always a set's.
constexpr std::array<std::string_view, 5> kKindNames = {"StatefulSet", "Scale", "Pod",
                                                        "PersistentVolumeClaim", "other"};
enum Decided : std::uint8_t { allowed, warned, patched, denied };
constexpr std::array<std::string_view, 4> kDecisionNames = {"allowed", "warned", "patched",
                                                            "denied"};
constexpr std::array<int, 4> kStatuses = {400, 413, 500, 503};

constexpr std::array<double, 13> kSeconds = {0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                             0.05,    0.1,    0.25,  0.5,    1,     2.5};
constexpr std::array<std::int64_t, 13> kNanoseconds = [] {
  std::array<std::int64_t, 13> all{};
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<std::int64_t>(kSeconds[i] * 1e9 + 0.5);
  return all;
}();

constexpr std::size_t index(auto value) { return static_cast<std::size_t>(value); }

std::size_t kind_index(const GroupVersionName& kind) {
  if (kind.name == "StatefulSet" && kind.group == "apps") return 0;
  if (kind.name == "Scale" && kind.group == "autoscaling") return 1;
  if (kind.name == "Pod" && kind.group.empty()) return 2;
  if (kind.name == "PersistentVolumeClaim" && kind.group.empty()) return 3;
  return 4;
}

Decided decided(const AdmissionResponse& response) {
  if (!response.allowed) return denied;
  if (!response.patch.empty()) return patched;
  return response.warnings.empty() ? allowed : warned;
}

// What a door does not do has no series, unless it did it all the same.
bool is_possible(Door door, std::size_t decision) {
  if (decision == patched) return door == Door::mutate;
  if (decision == denied) return door == Door::validate || door == Door::guard;
  return true;
}

void add(std::atomic<std::uint64_t>& count, std::uint64_t more = 1) {
  count.fetch_add(more, std::memory_order_relaxed);
}

double value(const std::atomic<std::uint64_t>& count) {
  return static_cast<double>(count.load(std::memory_order_relaxed));
}

std::string text(std::string_view view) { return std::string(view); }

}  // namespace

AdmissionCount::AdmissionCount(std::vector<const Policy*> policies)
    : policies_(std::move(policies)), denials_(policies_.size() + 1) {
  static_assert(kBounds == kSeconds.size() && kFailures == kStatuses.size());
}

void AdmissionCount::answered(const Answered& answered) {
  const std::size_t door = index(answered.door);
  const AdmissionResponse& response = answered.answer.response;
  if (const Review* review = answered.review) {
    const std::size_t operation = index(review->operation);
    const std::size_t row = (door * kOperations + operation) * kKinds + kind_index(review->kind);
    add(judged_[row * kDecisions + decided(response)]);
  } else {
    add(unjudged_[door]);
  }
  const auto took = std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(answered.took).count(), 0);
  const auto bound = std::lower_bound(kNanoseconds.begin(), kNanoseconds.end(), took);
  add(durations_[door][index(bound - kNanoseconds.begin())]);
  add(nanoseconds_[door], static_cast<std::uint64_t>(took));
  if (!response.patch.empty()) add(patch_operations_, response.patch.size());
  if (response.allowed) return;
  for (const std::string_view id : answered.answer.denied_by) {
    const auto policy = std::find_if(policies_.begin(), policies_.end(),
                                     [id](const Policy* known) { return known->id == id; });
    add(denials_[index(policy - policies_.begin())][door]);
  }
  if (answered.answer.denied_by.empty()) add(denials_.back()[door]);
}

void AdmissionCount::failed(Door door, int status) {
  const auto known = std::find(kStatuses.begin(), kStatuses.end(), status);
  if (known != kStatuses.end()) add(failures_[index(door)][index(known - kStatuses.begin())]);
}

void AdmissionCount::write(MetricsPage& page) const {
  write_requests(page);
  write_denials(page);
  write_durations(page);
  page.counter("patch_operations_total", "Operations of the patches that were sent",
               value(patch_operations_));
  write_failures(page);
}

void AdmissionCount::write_requests(MetricsPage& page) const {
  std::vector<MetricsPage::Sample> samples;
  const auto add_sample = [&](Door door, std::string_view operation, std::string_view kind,
                              std::string_view decision, double count) {
    samples.push_back({{{"door", text(kDoorNames[index(door)])},
                        {"operation", text(operation)},
                        {"kind", text(kind)},
                        {"decision", text(decision)}},
                       count});
  };
  for (std::size_t i = 0; i < judged_.size(); ++i) {
    const std::size_t row = i / kDecisions;
    const Door door = kAllDoors[row / kKinds / kOperations];
    const double count = value(judged_[i]);
    if (count == 0 && !is_possible(door, i % kDecisions)) continue;
    add_sample(door, kOperationNames[row / kKinds % kOperations], kKindNames[row % kKinds],
               kDecisionNames[i % kDecisions], count);
  }
  for (const Door door : kAllDoors)
    add_sample(door, "unknown", "unknown", "unjudged", value(unjudged_[index(door)]));
  page.counter("admission_requests_total",
               "Reviews that were answered; unjudged: unreadable, which the guard denies",
               std::move(samples));
}

void AdmissionCount::write_denials(MetricsPage& page) const {
  std::vector<MetricsPage::Sample> samples;
  for (std::size_t i = 0; i < denials_.size(); ++i) {
    const std::string_view policy = i < policies_.size() ? policies_[i]->id : "none";
    for (const Door door : kAllDoors) {
      const double count = value(denials_[i][index(door)]);
      if (count == 0 && !is_possible(door, denied)) continue;
      samples.push_back(
          {{{"policy", text(policy)}, {"door", text(kDoorNames[index(door)])}}, count});
    }
  }
  page.counter("admission_denials_total",
               "Denials by the policies that denied; none: the guard, what could not be judged",
               std::move(samples));
}

void AdmissionCount::write_durations(MetricsPage& page) const {
  std::vector<MetricsPage::Distribution> distributions;
  for (const Door door : kAllDoors) {
    const std::size_t i = index(door);
    MetricsPage::Distribution distribution{.labels = {{"door", text(kDoorNames[i])}},
                                           .bounds = kSeconds,
                                           .counts = {},
                                           .sum = value(nanoseconds_[i]) / 1e9};
    for (const Count& count : durations_[i])
      distribution.counts.push_back(count.load(std::memory_order_relaxed));
    distributions.push_back(std::move(distribution));
  }
  page.histogram("admission_duration_seconds",
                 "From the last byte of a review to its answer, waiting included",
                 std::move(distributions));
}

void AdmissionCount::write_failures(MetricsPage& page) const {
  std::vector<MetricsPage::Sample> samples;
  for (const Door door : kAllDoors) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      samples.push_back(
          {{{"door", text(kDoorNames[index(door)])}, {"code", std::to_string(kStatuses[i])}},
           value(failures_[index(door)][i])});
    }
  }
  page.counter("admission_failures_total",
               "Requests that got a status instead of an answer: failurePolicy decided",
               std::move(samples));
}

}  // namespace stateward
