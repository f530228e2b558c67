#include "cli/validate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <tuple>
#include <utility>

#include "cli/json_report.h"
#include "cli/nearest.h"
#include "cli/text_report.h"
#include "engine/decide.h"
#include "policies/catalogue.h"

namespace stateward {
namespace {

int usage_error(const std::string& message) {
  std::cerr << "stateward: " << message << '\n';
  return 2;
}

Date today() {
  const std::chrono::year_month_day day =
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return {static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
          static_cast<int>(static_cast<unsigned>(day.day()))};
}

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
    return fail(
        fmt::format("there is no policy \"{}\"; did you mean {}? stateward explain lists them", id,
                    nearest(id, known)));
  }
  return chosen;
}

bool use_color(ValidateOptions::Color color) {
  if (color != ValidateOptions::Color::automatic) return color == ValidateOptions::Color::always;
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

std::unique_ptr<ReportWriter> writer(const ValidateOptions& options) {
  if (options.format == ValidateOptions::Format::json)
    return std::make_unique<JsonReport>(std::cout);
  return std::make_unique<TextReport>(std::cout, use_color(options.color));
}

// "12 of 258 sets" on a terminal, from the first second on, wiped at the end.
class Progress {
 public:
  explicit Progress(std::size_t sets) : sets_(sets), shown_on_(isatty(STDERR_FILENO) == 1) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { wipe(); }

  void step() {
    ++done_;
    const auto now = std::chrono::steady_clock::now();
    if (!shown_on_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    std::cerr << fmt::format("\r{} of {} sets", done_, sets_) << std::flush;
    printed_ = true;
  }
  void wipe() {
    if (std::exchange(printed_, false)) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  std::size_t sets_;
  std::size_t done_ = 0;
  bool shown_on_;
  bool printed_ = false;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

class Validation {
 public:
  Validation(const ValidateOptions& options, std::vector<const Policy*> policies)
      : options_(options), policies_(std::move(policies)), today_(today()) {}

  Result<bool> load_old() {
    if (options_.old_path.empty()) return true;
    auto inputs = find_inputs({options_.old_path}, Scope::input);
    if (!inputs) return tl::unexpected(inputs.error());
    for (const InputSet& input : *inputs) {
      auto manifests = load_manifests(input, options_.name_space, coverage());
      if (!manifests) return tl::unexpected(manifests.error());
      old_ = std::move(*manifests);
    }
    return true;
  }

  Result<bool> judge(const InputSet& input, ReportWriter& report) {
    const auto manifests = load_manifests(input, options_.name_space, coverage());
    if (!manifests) return tl::unexpected(manifests.error());
    JudgedSet judged{.manifests = *manifests};
    for (const Object* object : manifests->judged) {
      Evaluation result = evaluate(policies_, subject(*object, manifests->set));
      for (Finding& finding : result.findings) sort_in(std::move(finding), judged.findings);
      judged.skipped.insert(judged.skipped.end(), result.skipped.begin(), result.skipped.end());
    }
    count(*manifests, judged.skipped);
    sort(judged);
    report.add(judged);
    return true;
  }

  const Summary& summary() const { return summary_; }
  bool failed() const { return failed_ || summary_.unreadable > 0; }

 private:
  ObjectSet::Coverage coverage() const {
    return options_.complete ? ObjectSet::Coverage::complete : ObjectSet::Coverage::partial;
  }

  Subject subject(const Object& object, const ObjectSet& set) const {
    const Object* before =
        object.name.empty() ? nullptr : old_.set.find(object.kind, object.name_space, object.name);
    return {.object = object,
            .old = before,
            .set = set,
            .operation = before == nullptr ? Operation::create : Operation::update,
            .point = EnforcementPoint::validate,
            .today = today_};
  }

  void sort_in(Finding finding, std::vector<Finding>& shown) {
    const EnforcementAction action = action_of(finding, Enforcement::policy);
    if (action == EnforcementAction::off) return;
    summary_.denied += action == EnforcementAction::deny ? 1U : 0U;
    summary_.warned += action == EnforcementAction::warn ? 1U : 0U;
    summary_.audited += action == EnforcementAction::audit ? 1U : 0U;
    summary_.exempted += finding.exemption ? 1U : 0U;
    failed_ |= options_.fail_on != EnforcementAction::off && action >= options_.fail_on;
    if (finding.severity < options_.min_severity) {
      ++summary_.hidden;
    } else {
      shown.push_back(std::move(finding));
    }
  }

  void count(const Manifests& manifests, const std::vector<Skipped>& skipped) {
    summary_.files += manifests.files.size();
    summary_.documents += manifests.document_count;
    summary_.ignored += manifests.ignored;
    summary_.objects += manifests.judged.size();
    for (const Diagnostic& diagnostic : manifests.diagnostics) {
      summary_.unreadable += diagnostic.severity == Diagnostic::Severity::error ? 1U : 0U;
    }
    for (const Skipped& one : skipped) ++summary_.skipped[one.reason];
  }

  // By file, place and policy, whatever was judged first.
  static void sort(JudgedSet& judged) {
    const Manifests& manifests = judged.manifests;
    std::vector<std::pair<Position, Finding>> placed;
    for (Finding& finding : judged.findings) {
      placed.emplace_back(locate_finding(manifests, finding).span.start, std::move(finding));
    }
    const auto key = [](const auto& entry) {
      return std::tuple(entry.second.object->source, entry.first, entry.second.policy->id,
                        std::string_view(entry.second.path.text()));
    };
    std::stable_sort(placed.begin(), placed.end(),
                     [&](const auto& l, const auto& r) { return key(l) < key(r); });
    judged.findings.clear();
    for (auto& [place, finding] : placed) judged.findings.push_back(std::move(finding));
  }

  const ValidateOptions& options_;
  std::vector<const Policy*> policies_;
  Date today_;
  Manifests old_;
  Summary summary_;
  bool failed_ = false;
};

}  // namespace

int run(const ValidateOptions& options) {
  std::vector<std::string> paths = options.paths;
  if (paths.empty()) {
    if (isatty(STDIN_FILENO) == 1)
      return usage_error("nothing to validate: name files or folders, or pipe manifests in");
    paths.emplace_back("-");
  }
  auto policies = chosen_policies(options.policies);
  if (!policies) return usage_error(policies.error().message);
  const auto inputs = find_inputs(paths, options.scope);
  if (!inputs) return usage_error(inputs.error().message);
  Validation validation(options, std::move(*policies));
  if (const auto loaded = validation.load_old(); !loaded)
    return usage_error(loaded.error().message);

  const auto report = writer(options);
  Progress progress(inputs->size());
  for (const InputSet& input : *inputs) {
    if (const auto judged = validation.judge(input, *report); !judged)
      return usage_error(judged.error().message);
    progress.step();
  }
  progress.wipe();
  report->finish(validation.summary());
  std::cout.flush();
  return validation.failed() ? 1 : 0;
}

}  // namespace stateward
