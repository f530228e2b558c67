#include "cli/judging.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "cli/nearest.h"
#include "cli/safe_text.h"
#include "cli/whole_file.h"
#include "policies/catalogue.h"

namespace stateward {

Result<std::vector<const Policy*>> chosen_policies(const std::vector<std::string>& ids) {
  const std::vector<const Policy*> all = policies::all_policies();
  if (ids.empty()) return all;
  std::vector<const Policy*> chosen;
  for (const Policy* policy : all) {
    if (std::find(ids.begin(), ids.end(), policy->id) != ids.end()) chosen.push_back(policy);
  }
  std::vector<std::string_view> known;
  for (const Policy* policy : all) known.push_back(policy->id);
  for (const std::string& id : ids) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    return fail(fmt::format("there is no policy \"{}\"{}; stateward explain lists them", id,
                            did_you_mean(id, known)));
  }
  return chosen;
}

Date today() {
  const std::chrono::year_month_day day =
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return {static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
          static_cast<int>(static_cast<unsigned>(day.day()))};
}

void say_each(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    say(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

void say(std::string_view message) { std::cerr << "stateward: " << safe_text(message) << '\n'; }

Result<void> Tally::open() {
  if (options_.baseline.empty()) return {};
  if (options_.write_baseline) {
    baseline_.emplace();
    return {};
  }
  auto read = Baseline::read(options_.baseline);
  if (!read) return tl::unexpected(read.error());
  baseline_ = std::move(*read);
  return {};
}

void Tally::begin(const Object& object) {
  if (baseline_) baseline_->judged(object);
}

bool Tally::take(const Finding& finding, EnforcementAction action) {
  if (action == EnforcementAction::off) return false;
  const bool known = baseline_ && !options_.write_baseline && baseline_->take(finding);
  if (finding.implied_by != nullptr) {
    ++summary.implied;
    return false;
  }
  if (known && !finding.exemption) {
    ++summary.known;
    return false;
  }
  if (baseline_ && options_.write_baseline && !finding.exemption) baseline_->add(finding);
  summary.denied += action == EnforcementAction::deny ? 1U : 0U;
  summary.warned += action == EnforcementAction::warn ? 1U : 0U;
  summary.audited += action == EnforcementAction::audit ? 1U : 0U;
  summary.exempted += finding.exemption ? 1U : 0U;
  failed_ |= !options_.write_baseline && options_.fail_on != EnforcementAction::off &&
             action >= options_.fail_on;
  const bool shown = finding.severity >= options_.min_severity;
  summary.hidden += shown ? 0U : 1U;
  return shown;
}

void Tally::take(const Skipped& skipped) {
  Summary::SkippedCount& counted = summary.skipped[skipped.reason];
  ++counted.policies[skipped.policy];
  ++counted.judgements;
  if (baseline_) baseline_->skipped(*skipped.object, *skipped.policy);
}

Result<void> Tally::close(std::span<const Policy* const> policies) {
  if (!baseline_) return {};
  if (options_.write_baseline) {
    auto file = WholeFile::open(options_.baseline);
    if (!file) return tl::unexpected(file.error());
    (*file)->out() << baseline_->text();
    if (auto kept = (*file)->keep(); !kept) return kept;
    say(fmt::format("{} written to {}", counted(baseline_->size(), "finding", "findings"),
                    options_.baseline));
    return {};
  }
  constexpr std::size_t kTold = 5;
  const std::vector<std::string> gone = baseline_->gone(policies);
  for (const std::string& entry : std::span(gone).first(std::min(gone.size(), kTold)))
    say(fmt::format("{}: {} is no longer there", options_.baseline, entry));
  if (gone.size() > kTold) say(fmt::format("and {} more", gone.size() - kTold));
  if (!gone.empty()) say("--write-baseline drops what is gone");
  return {};
}

}  // namespace stateward
