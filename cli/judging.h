// What `validate` and `audit` share: which policies judge, what of their findings is counted and
// shown, and how that is written.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/baseline.h"
#include "cli/report.h"
#include "engine/policy.h"

namespace stateward {

struct ReportOptions {
  enum class Format : std::uint8_t { text, json, sarif, junit, github, gitlab, markdown };
  struct Output {
    Format format = Format::text;
    std::string file;  // empty: standard output
  };
  enum class Color : std::uint8_t { automatic, always, never };

  std::vector<Output> outputs;  // at most one to standard output; none: text goes there
  Color color = Color::automatic;
  EnforcementAction fail_on = EnforcementAction::deny;  // off: never
  Severity min_severity = Severity::medium;             // of findings that are shown
  std::vector<std::string> policies;                    // empty: all
  std::optional<KubernetesVersion> kubernetes;          // to judge for; empty: the door chooses
  std::string baseline;                                 // a file; empty: none
  bool write_baseline = false;                          // makes it, and nothing fails
};

// Those asked for, in catalogue order. The error names one that is not there, and the nearest.
Result<std::vector<const Policy*>> chosen_policies(const std::vector<std::string>& ids);

Date today();

// A line on standard error.
void say(std::string_view message);
// The same for each line of `lines`.
void say_each(std::string_view lines);

// Counts what is found, and chooses what of it is shown.
class Tally {
 public:
  explicit Tally(const ReportOptions& options) : options_(options) {}

  // Reads the baseline, where there is one. Errors name each problem, a line each.
  Result<void> open();
  // An object that is judged: before what is found of it, or skipped.
  void begin(const Object& object);
  // Whether the finding, with that action, is shown.
  bool take(const Finding& finding, EnforcementAction action);
  void take(const Skipped& skipped);
  // At the end: writes the baseline, or says what is left of it.
  Result<void> close(std::span<const Policy* const> policies);

  // There was something at or above --fail-on.
  bool failed() const { return failed_; }

  Summary summary;

 private:
  const ReportOptions& options_;
  std::optional<Baseline> baseline_;
  bool failed_ = false;
};

}  // namespace stateward
