#include "cli/validate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>
#include <tuple>
#include <utility>

#include "cli/json_report.h"
#include "cli/nearest.h"
#include "cli/progress.h"
#include "cli/safe_text.h"
#include "cli/text_report.h"
#include "engine/decide.h"
#include "engine/location.h"
#include "policies/catalogue.h"

namespace stateward {
namespace {

void say(std::string_view message) { std::cerr << "stateward: " << safe_text(message) << '\n'; }

int usage_error(std::string_view message) {
  say(message);
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

class Validation {
 public:
  Validation(const ValidateOptions& options, const KustomizePatches& patches,
             std::vector<const Policy*> policies)
      : options_(options), patches_(patches), policies_(std::move(policies)), today_(today()) {
    std::copy_if(policies_.begin(), policies_.end(), std::back_inserter(policies_alone_),
                 looks_at_one_object);
  }

  // What cannot be read of the state before is said, and is as if it had not been there.
  Result<void> load_old() {
    if (options_.old_path.empty()) return {};
    const auto inputs = find_inputs({options_.old_path}, Scope::input);
    if (!inputs) return tl::unexpected(inputs.error());
    const KustomizePatches patches({options_.old_path}, *inputs);
    for (const InputSet& input : *inputs) old_ = load(input, patches);
    for (const Diagnostic& diagnostic : old_.diagnostics) {
      if (diagnostic.severity != Diagnostic::Severity::error) continue;
      say(fmt::format("--old: {}:{}:{}: {}", diagnostic.file, diagnostic.span.start.line,
                      diagnostic.span.start.column, diagnostic.message));
    }
    return {};
  }

  void judge(const InputSet& input, Progress& progress, ReportWriter& report) {
    progress.step();
    const Manifests manifests = load(input, patches_);
    JudgedSet judged{.manifests = manifests};
    for (const Object* object : manifests.judged) {
      take(evaluate(policies_, subject(*object, manifests.set)), judged);
    }
    for (const Object* object : manifests.judged_alone) judge_alone(*object, judged);
    count(manifests, judged.skipped);
    sort(judged);
    progress.wipe();
    report.add(judged);
  }

  const Summary& summary() const { return summary_; }
  bool failed() const { return failed_ || summary_.unreadable > 0; }

 private:
  static bool looks_at_one_object(const Policy* policy) {
    return policy->needs == Needs::object || policy->needs == Needs::old_object;
  }

  Manifests load(const InputSet& input, const KustomizePatches& patches) const {
    return load_manifests(
        input, patches, options_.name_space,
        options_.complete ? ObjectSet::Coverage::complete : ObjectSet::Coverage::partial);
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

  // The policies that would take the object's namesake for a sibling are skipped.
  void judge_alone(const Object& object, JudgedSet& judged) {
    const Subject alone = subject(object, judged.manifests.set);
    take(evaluate(policies_alone_, alone), judged);
    for (const Policy* policy : policies_) {
      if (looks_at_one_object(policy) || !policy->kinds.contains(object.kind) ||
          !policy->operations.contains(alone.operation)) {
        continue;
      }
      judged.skipped.push_back({policy, &object, kJudgedAlone});
    }
  }

  void take(Evaluation result, JudgedSet& judged) {
    for (Finding& finding : result.findings) {
      if (!counts_and_shows(finding)) continue;
      const Object& object = *finding.object;
      const Span place = locate(*object.document, object.node, finding.path);
      judged.findings.push_back({std::move(finding), place});
    }
    judged.skipped.insert(judged.skipped.end(), result.skipped.begin(), result.skipped.end());
  }

  bool counts_and_shows(const Finding& finding) {
    const EnforcementAction action = action_of(finding, Enforcement::policy);
    if (action == EnforcementAction::off) return false;
    summary_.denied += action == EnforcementAction::deny ? 1U : 0U;
    summary_.warned += action == EnforcementAction::warn ? 1U : 0U;
    summary_.audited += action == EnforcementAction::audit ? 1U : 0U;
    summary_.exempted += finding.exemption ? 1U : 0U;
    failed_ |= options_.fail_on != EnforcementAction::off && action >= options_.fail_on;
    const bool shown = finding.severity >= options_.min_severity;
    summary_.hidden += shown ? 0U : 1U;
    return shown;
  }

  void count(const Manifests& manifests, const std::vector<Skipped>& skipped) {
    summary_.files += manifests.files.size();
    summary_.documents += manifests.document_count;
    summary_.ignored += manifests.ignored;
    summary_.objects += manifests.judged.size() + manifests.judged_alone.size();
    for (const Diagnostic& diagnostic : manifests.diagnostics) {
      summary_.unreadable += diagnostic.severity == Diagnostic::Severity::error ? 1U : 0U;
    }
    for (const Skipped& one : skipped) {
      Summary::SkippedCount& counted = summary_.skipped[one.reason];
      counted.policies.insert(one.policy);
      ++counted.judgements;
    }
  }

  static void sort(JudgedSet& judged) {
    const auto key = [](const PlacedFinding& placed) {
      const Finding& finding = placed.finding;
      return std::tuple(finding.object->source, placed.place.start, finding.policy->id,
                        std::string_view(finding.path.text()));
    };
    std::stable_sort(judged.findings.begin(), judged.findings.end(),
                     [&](const auto& left, const auto& right) { return key(left) < key(right); });
  }

  const ValidateOptions& options_;
  const KustomizePatches& patches_;
  std::vector<const Policy*> policies_;
  std::vector<const Policy*> policies_alone_;  // those that look at one object only
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
  const KustomizePatches patches(paths, *inputs);
  Validation validation(options, patches, std::move(*policies));
  if (const auto loaded = validation.load_old(); !loaded)
    return usage_error(loaded.error().message);
  if (inputs->empty()) say("no *.yaml, *.yml or *.json file there");

  const auto report = writer(options);
  Progress progress(inputs->size());
  for (const InputSet& input : *inputs) validation.judge(input, progress, *report);
  report->finish(validation.summary());
  if (!std::cout.flush()) return usage_error("the report cannot be written to standard output");
  return validation.failed() ? 1 : 0;
}

}  // namespace stateward
