#include "cli/validate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <span>
#include <tuple>
#include <utility>

#include "cli/progress.h"
#include "cli/report_output.h"
#include "engine/decide.h"
#include "engine/location.h"

namespace stateward {
namespace {

int usage_error(std::string_view message) {
  say_each(message);
  return 2;
}

// The settings themselves are judged too: of their exemptions there may be something to say. Once,
// where they are among what was given.
void add_settings(const Settings& settings, std::vector<InputSet>& inputs) {
  const std::string& file = settings.content().name;
  std::error_code unreadable;
  for (const InputSet& input : inputs) {
    for (const InputFile& given : input) {
      if (std::filesystem::equivalent(given.path, file, unreadable)) return;
    }
  }
  inputs.push_back({{.name = file, .path = file}});
}

class Validation {
 public:
  Validation(const ValidateOptions& options, const KustomizePatches& patches,
             std::vector<const Policy*> policies, std::shared_ptr<const Settings> settings)
      : options_(options),
        patches_(patches),
        settings_(std::move(settings)),
        policies_(std::move(policies)),
        today_(today()),
        tally_(options.report) {
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
    const Manifests manifests = load(input, patches_);
    JudgedSet judged{.manifests = &manifests, .objects = manifests.judged};
    if (settings_) judged.enforcement = settings_->content().enforcement;
    for (const Object* object : manifests.judged) {
      take(evaluate(policies_, subject(*object, manifests.set)), judged);
    }
    for (const Object* object : manifests.judged_alone) judge_alone(*object, judged);
    count(manifests);
    sort(judged);
    progress.wipe();
    report.add(judged);
  }

  std::span<const Policy* const> policies() const { return policies_; }
  const Summary& summary() const { return tally_.summary; }
  bool failed() const { return tally_.failed() || tally_.summary.unreadable > 0; }

 private:
  static bool looks_at_one_object(const Policy* policy) {
    return policy->needs == Needs::object || policy->needs == Needs::old_object;
  }

  Manifests load(const InputSet& input, const KustomizePatches& patches) const {
    return load_manifests(
        input, patches, options_.name_space,
        options_.complete ? ObjectSet::Coverage::complete : ObjectSet::Coverage::partial,
        options_.charts_in);
  }

  Subject subject(const Object& object, const ObjectSet& set) const {
    const Object* before =
        object.name.empty() ? nullptr : old_.set.find(object.kind, object.name_space, object.name);
    return {.object = object,
            .old = before,
            .set = set,
            .operation = before == nullptr ? Operation::create : Operation::update,
            .point = EnforcementPoint::validate,
            .today = today_,
            .kubernetes = options_.report.kubernetes.value_or(kLatestKubernetes),
            .settings = settings_.get()};
  }

  // The policies that would take the object's namesake for a sibling are skipped.
  void judge_alone(const Object& object, JudgedSet& judged) {
    judged.objects.push_back(&object);
    const Subject alone = subject(object, judged.manifests->set);
    take(evaluate(policies_alone_, alone), judged);
    for (const Policy* policy : policies_) {
      if (looks_at_one_object(policy) || policy->needs == Needs::live ||
          !policy->kinds.contains(object.kind) || !policy->operations.contains(alone.operation)) {
        continue;
      }
      tally_.take(Skipped{policy, &object, kJudgedAlone});
    }
  }

  void take(Evaluation result, JudgedSet& judged) {
    for (Finding& finding : result.findings) {
      if (!tally_.take(finding, action_of(finding, judged.enforcement))) continue;
      const Object& object = *finding.object;
      const Span place = locate(*object.document, object.node, finding.path);
      judged.findings.push_back({std::move(finding), place});
    }
    for (const Skipped& skipped : result.skipped) tally_.take(skipped);
  }

  void count(const Manifests& manifests) {
    Summary& summary = tally_.summary;
    summary.files += manifests.files.size();
    summary.documents += manifests.document_count;
    summary.ignored += manifests.ignored;
    summary.objects += manifests.judged.size() + manifests.judged_alone.size();
    for (const Diagnostic& diagnostic : manifests.diagnostics) {
      summary.unreadable += diagnostic.severity == Diagnostic::Severity::error ? 1U : 0U;
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
  const std::shared_ptr<const Settings> settings_;
  std::vector<const Policy*> policies_;
  std::vector<const Policy*> policies_alone_;  // those that look at one object only
  Date today_;
  Manifests old_;
  Tally tally_;
};

// A report that an earlier run left among the manifests is none.
void drop_reports(std::vector<InputSet>& inputs, const ReportOptions& options) {
  const auto is_report = [&](const InputFile& input) {
    return std::any_of(options.outputs.begin(), options.outputs.end(), [&](const auto& output) {
      std::error_code error;
      return !output.file.empty() && !input.path.empty() &&
             std::filesystem::equivalent(input.path, output.file, error);
    });
  };
  for (InputSet& set : inputs) std::erase_if(set, is_report);
  std::erase_if(inputs, [](const InputSet& set) { return set.empty(); });
}

}  // namespace

int run(const ValidateOptions& options) {
  std::vector<std::string> paths = options.paths;
  if (paths.empty()) {
    if (isatty(STDIN_FILENO) == 1)
      return usage_error("nothing to validate: name files or folders, or pipe manifests in");
    paths.emplace_back("-");
  }
  auto policies = chosen_policies(options.report.policies);
  if (!policies) return usage_error(policies.error().message);
  auto settings = load_settings(options.settings);
  if (!settings) return usage_error(settings.error().message);
  auto inputs = find_inputs(paths, options.scope);
  if (!inputs) return usage_error(inputs.error().message);
  drop_reports(*inputs, options.report);
  const bool nothing_given = inputs->empty();
  if (*settings) add_settings(**settings, *inputs);
  const KustomizePatches patches(paths, *inputs);
  Validation validation(options, patches, std::move(*policies), *settings);
  if (const auto loaded = validation.load_old(); !loaded)
    return usage_error(loaded.error().message);
  if (nothing_given) say("no *.yaml, *.yml or *.json file there");

  const auto report = Reports::open(options.report, validation.policies());
  if (!report) return usage_error(report.error().message);
  Progress progress;
  std::size_t begun = 0;
  for (const InputSet& input : *inputs) {
    progress.step(fmt::format("{} of {} sets", ++begun, inputs->size()));
    validation.judge(input, progress, **report);
  }
  (*report)->finish(validation.summary());
  if (const auto kept = (*report)->keep(); !kept) return usage_error(kept.error().message);
  return validation.failed() ? 1 : 0;
}

}  // namespace stateward
