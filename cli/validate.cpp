#include "cli/validate.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <span>
#include <tuple>
#include <utility>

#include "cli/cores.h"
#include "cli/in_order.h"
#include "cli/progress.h"
#include "cli/report_output.h"
#include "engine/decide.h"
#include "engine/location.h"

namespace stateward {
namespace {

// Beyond that the reports, which one thread writes, take longer.
constexpr std::size_t kMostThreads = 8;

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

// One set, judged: by any thread, and told by one.
struct Judgement {
  std::unique_ptr<const Manifests> manifests;
  JudgedSet set;
  std::vector<Skipped> skipped;
};

// Judges sets. Several threads may call it.
class Judge {
 public:
  Judge(const ValidateOptions& options, const KustomizePatches& patches,
        std::vector<const Policy*> policies, std::shared_ptr<const Settings> settings)
      : options_(options),
        patches_(patches),
        settings_(std::move(settings)),
        policies_(std::move(policies)),
        today_(today()) {
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

  Judgement judge(const InputSet& input) const {
    auto manifests = std::make_unique<const Manifests>(load(input, patches_));
    Judgement judged;
    for (const Object* object : manifests->judged) {
      judged.set.objects.push_back(object);
      take(evaluate(policies_, subject(*object, manifests->set)), judged);
    }
    for (const Object* object : manifests->judged_alone)
      judge_alone(*object, manifests->set, judged);
    judged.set.manifests = manifests.get();
    judged.manifests = std::move(manifests);
    sort(judged.set.findings);
    return judged;
  }

  std::span<const Policy* const> policies() const { return policies_; }

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
  void judge_alone(const Object& object, const ObjectSet& set, Judgement& judged) const {
    judged.set.objects.push_back(&object);
    const Subject alone = subject(object, set);
    take(evaluate(policies_alone_, alone), judged);
    for (const Policy* policy : policies_) {
      if (looks_at_one_object(policy) || policy->needs == Needs::live ||
          !policy->kinds.contains(object.kind) || !policy->operations.contains(alone.operation)) {
        continue;
      }
      judged.skipped.push_back({policy, &object, kJudgedAlone});
    }
  }

  static void take(Evaluation result, Judgement& judged) {
    for (Finding& finding : result.findings) {
      const Object& object = *finding.object;
      const Span place = locate(*object.document, object.node, finding.path);
      judged.set.findings.push_back({std::move(finding), place});
    }
    judged.skipped.insert(judged.skipped.end(), result.skipped.begin(), result.skipped.end());
  }

  static void sort(std::vector<PlacedFinding>& findings) {
    const auto key = [](const PlacedFinding& placed) {
      const Finding& finding = placed.finding;
      return std::tuple(finding.object->source, placed.place.start, finding.policy->id,
                        std::string_view(finding.path.text()));
    };
    std::stable_sort(findings.begin(), findings.end(),
                     [&](const auto& left, const auto& right) { return key(left) < key(right); });
  }

  const ValidateOptions& options_;
  const KustomizePatches& patches_;
  const std::shared_ptr<const Settings> settings_;
  std::vector<const Policy*> policies_;
  std::vector<const Policy*> policies_alone_;  // those that look at one object only
  Date today_;
  Manifests old_;
};

void count(const Manifests& manifests, Summary& summary) {
  summary.files += manifests.files.size();
  for (const Manifests::File& file : manifests.files) summary.documents += file.documents;
  summary.ignored += manifests.ignored;
  summary.objects += manifests.judged.size() + manifests.judged_alone.size();
  for (const Diagnostic& diagnostic : manifests.diagnostics) {
    summary.unreadable += diagnostic.severity == Diagnostic::Severity::error ? 1U : 0U;
  }
}

// Nothing came through the pipe, or nothing but comments: whoever was to write it may have failed.
bool is_empty_input(const Manifests::File& file, const Manifests& manifests) {
  return file.name == kStandardInput && file.documents == 0 &&
         std::none_of(manifests.diagnostics.begin(), manifests.diagnostics.end(),
                      [&](const Diagnostic& diagnostic) { return diagnostic.file == file.name; });
}

// Counts what was found, and reports what of it is to be shown.
void tell(Judgement& judgement, Enforcement enforcement, Tally& tally, ReportWriter& report) {
  JudgedSet& set = judgement.set;
  set.enforcement = enforcement;
  for (const Object* object : set.objects) tally.begin(*object);
  std::erase_if(set.findings, [&](const PlacedFinding& placed) {
    return !tally.take(placed.finding, action_of(placed.finding, enforcement));
  });
  for (const Skipped& skipped : judgement.skipped) tally.take(skipped);
  count(*set.manifests, tally.summary);
  for (const Manifests::File& file : set.manifests->files) {
    if (is_empty_input(file, *set.manifests)) say("standard input held no manifest");
  }
  report.add(set);
}

// One set after another is read into about as much memory, so that which one gave back serves the
// next: a sixteenth of the time would go into returning it to the system and asking again.
void keep_freed_memory() {
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
}

// Judges all of `inputs`, and tells of them in their order.
void judge_all(const std::vector<InputSet>& inputs, const Judge& judge, Enforcement enforcement,
               Tally& tally, ReportWriter& report) {
  const std::size_t threads = std::min({inputs.size(), cores(), kMostThreads});
  InOrder<Judgement> judgements(inputs.size(), threads,
                                [&](std::size_t number) { return judge.judge(inputs[number]); });
  Progress progress;
  for (std::size_t told = 0; told < inputs.size(); ++told) {
    progress.step(fmt::format("{} of {} sets", told + 1, inputs.size()));
    judgements.next([&](Judgement& judgement) {
      progress.wipe();
      tell(judgement, enforcement, tally, report);
    });
  }
}

// A report that an earlier run left among the manifests is none, nor is the baseline.
void drop_reports(std::vector<InputSet>& inputs, const ReportOptions& options) {
  std::vector<std::string> files{options.baseline};
  for (const ReportOptions::Output& output : options.outputs) files.push_back(output.file);
  const auto is_report = [&](const InputFile& input) {
    return std::any_of(files.begin(), files.end(), [&](const std::string& file) {
      std::error_code error;
      return !file.empty() && !input.path.empty() &&
             std::filesystem::equivalent(input.path, file, error);
    });
  };
  for (InputSet& set : inputs) std::erase_if(set, is_report);
  std::erase_if(inputs, [](const InputSet& set) { return set.empty(); });
}

}  // namespace

int run(const ValidateOptions& options) {
  keep_freed_memory();
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
  Judge judge(options, patches, std::move(*policies), *settings);
  if (const auto loaded = judge.load_old(); !loaded) return usage_error(loaded.error().message);
  Tally tally(options.report);
  if (const auto opened = tally.open(); !opened) return usage_error(opened.error().message);
  if (nothing_given) say("no *.yaml, *.yml or *.json file there");

  const auto report = Reports::open(options.report, judge.policies());
  if (!report) return usage_error(report.error().message);
  const Enforcement enforcement =
      *settings ? (*settings)->content().enforcement : Enforcement::policy;
  judge_all(*inputs, judge, enforcement, tally, **report);
  (*report)->finish(tally.summary);
  if (const auto kept = (*report)->keep(); !kept) return usage_error(kept.error().message);
  if (const auto closed = tally.close(judge.policies()); !closed)
    return usage_error(closed.error().message);
  return tally.failed() || tally.summary.unreadable > 0 ? 1 : 0;
}

}  // namespace stateward
