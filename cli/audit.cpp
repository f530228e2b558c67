#include "cli/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "cli/progress.h"
#include "cli/report_output.h"
#include "cluster/server_version.h"
#include "cluster/settings_watch.h"
#include "cluster/survey.h"

namespace stateward {
namespace {

const std::vector<std::string> kSystemNamespaces = {"kube-system", "kube-node-lease",
                                                    "kube-public"};

int failure(std::string_view message) {
  say_each(message);
  return 2;
}

// What admission would do there (the registration's selectors): a label of the Namespace.
Enforcement enforcement_in(const SurveyedNamespace& surveyed) {
  const Object* name_space = surveyed.set.find(Kind::name_space, {}, surveyed.name);
  if (name_space == nullptr) return Enforcement::policy;
  if (name_space->label("stateward.dev/enforcement") == "warn") return Enforcement::observe;
  return name_space->label("stateward.dev/guard") == "strict" ? Enforcement::guard
                                                              : Enforcement::policy;
}

class Audit {
 public:
  Audit(const AuditOptions& options, std::vector<const Policy*> policies)
      : policies_(std::move(policies)),
        today_(today()),
        kubernetes_(options.report.kubernetes),
        tally_(options.report) {
    tally_.summary.namespaces = 0;
  }

  // Before anything is judged: what cannot be written is known then.
  Result<void> open(const ReportOptions& options) {
    auto report = Reports::open(options, policies_);
    if (!report) return tl::unexpected(report.error());
    report_ = std::move(*report);
    return tally_.open();
  }

  // For which release is judged, where that was not said: the server's own. An error where it
  // cannot be asked anything.
  ApiResult<void> choose_version(ApiClient& client) {
    if (kubernetes_) return {};
    const auto version = server_version(client);
    if (!version && (version.error().status == 0 || version.error().status == 401))
      return tl::unexpected(version.error());
    kubernetes_ = version.value_or(kLatestKubernetes);
    if (!version)
      note({.what = fmt::format("{}: judged for Kubernetes {}.{}", version.error().message,
                                kLatestKubernetes.major, kLatestKubernetes.minor)});
    return {};
  }

  void judge(const SurveyedNamespace& surveyed) {
    JudgedSet judged{.enforcement = enforcement_in(surveyed)};
    if (settings_ && settings_->content().enforcement == Enforcement::observe)
      judged.enforcement = Enforcement::observe;
    for (const Object& object : surveyed.set.objects()) {
      if (object.known()) judge(object, surveyed.set, judged);
    }
    ++*tally_.summary.namespaces;
    sort(judged);
    progress_.step(fmt::format("{} objects in {} namespaces", tally_.summary.objects,
                               *tally_.summary.namespaces));
    progress_.wipe();
    report_->add(judged);
  }

  void note(const SurveyGap& gap) {
    const std::string line =
        fmt::format("{}{}", gap.what,
                    gap.makes_partial ? ", so nothing is concluded from what is absent there" : "");
    trouble(Diagnostic::Severity::note, line);
  }

  // What the cluster's webhook goes by. Of what cannot be used there is a note.
  Result<void> choose_settings(const AuditOptions& options, ApiClient& client) {
    if (!options.settings.file.empty()) {
      auto loaded = load_settings(options.settings);
      if (!loaded) return tl::unexpected(loaded.error());
      settings_ = std::move(*loaded);
    } else if (!options.settings.none) {
      read_cluster_settings_of(options.installed_in, client);
    }
    if (settings_) judge_settings(options.installed_in);
    return {};
  }

  // The end, with what there is to say of it; answers the exit code.
  int finish(const ApiResult<void>& surveyed, const Access& access) {
    progress_.wipe();
    if (!surveyed) {
      trouble(Diagnostic::Severity::error,
              fmt::format("{}: {}", server_of(access), explained(surveyed.error())));
    }
    tally_.summary.broken_off = !surveyed;
    report_->finish(tally_.summary);
    if (const auto kept = report_->keep(); !kept) return failure(kept.error().message);
    if (!surveyed) return 2;
    if (const auto closed = tally_.close(policies_); !closed)
      return failure(closed.error().message);
    return tally_.failed() ? 1 : 0;
  }

 private:
  void read_cluster_settings_of(const std::string& name_space, ApiClient& client) {
    const auto text = read_cluster_settings(client, name_space);
    if (!text) {
      trouble(Diagnostic::Severity::note,
              fmt::format("ConfigMap {} in {}: {}; the defaults are used", kSettingsConfigMap,
                          name_space, text.error().message));
      return;
    }
    if (!*text) return;
    SettingsReading reading = read_settings(**text, std::string(kSettingsConfigMap));
    for (const Diagnostic& problem : reading.problems)
      trouble(Diagnostic::Severity::note, lines_of({problem}) + "; the defaults are used");
    settings_ = std::move(reading.settings);
  }

  void judge_settings(const std::string& name_space) {
    const Document& document = settings_->content().document;
    own_ = {.kind = Kind::settings,
            .api_version = "stateward.dev/v1",
            .kind_name = "Settings",
            .name_space = name_space,
            .name = kSettingsConfigMap,
            .node = document.node(),
            .document = &document};
    JudgedSet judged;
    judge(own_, ObjectSet(), judged);
    if (!judged.findings.empty()) report_->add(judged);
  }

  void judge(const Object& object, const ObjectSet& set, JudgedSet& judged) {
    ++tally_.summary.objects;
    tally_.begin(object);
    judged.objects.push_back(&object);
    Evaluation result = evaluate(policies_, {.object = object,
                                             .set = set,
                                             .point = EnforcementPoint::audit,
                                             .today = today_,
                                             .kubernetes = *kubernetes_,
                                             .settings = settings_.get()});
    for (Finding& finding : result.findings) {
      if (tally_.take(finding, action_of(finding, judged.enforcement)))
        judged.findings.push_back({std::move(finding), {}});
    }
    for (const Skipped& skipped : result.skipped) tally_.take(skipped);
  }

  static void sort(JudgedSet& judged) {
    const auto key = [](const PlacedFinding& placed) {
      const Finding& finding = placed.finding;
      return std::tuple(finding.object->kind_name, finding.object->name, finding.policy->id,
                        std::string_view(finding.path.text()));
    };
    std::stable_sort(
        judged.objects.begin(), judged.objects.end(), [](const Object* left, const Object* right) {
          return std::tie(left->kind_name, left->name) < std::tie(right->kind_name, right->name);
        });
    std::stable_sort(judged.findings.begin(), judged.findings.end(),
                     [&](const auto& left, const auto& right) { return key(left) < key(right); });
  }

  void trouble(Diagnostic::Severity severity, const std::string& message) {
    progress_.wipe();
    say(message);
    report_->add(Diagnostic{.severity = severity, .message = message});
  }

  std::vector<const Policy*> policies_;
  Date today_;
  std::optional<KubernetesVersion> kubernetes_;
  std::shared_ptr<const Settings> settings_;
  Object own_;  // the settings, as something to be judged
  Tally tally_;
  std::unique_ptr<Reports> report_;
  Progress progress_;
};

}  // namespace

int run(const AuditOptions& options) {
  if (options.all_namespaces && !options.namespaces.empty())
    return failure("-n names namespaces, --all-namespaces means all: choose one");
  auto policies = chosen_policies(options.report.policies);
  if (!policies) return failure(policies.error().message);
  const auto source = connect(options.cluster);
  if (!source) return failure(source.error().message);
  SurveyOptions wanted;
  std::set<std::string> named;
  for (const std::string& name : options.namespaces) {
    if (named.insert(name).second) wanted.namespaces.push_back(name);
  }
  if (!options.all_namespaces) wanted.left_out = kSystemNamespaces;
  ApiClient client(*source);
  Audit audit(options, std::move(*policies));
  if (const auto opened = audit.open(options.report); !opened)
    return failure(opened.error().message);
  if (const auto chosen = audit.choose_version(client); !chosen)
    return audit.finish(chosen, client.access());
  if (const auto chosen = audit.choose_settings(options, client); !chosen)
    return failure(chosen.error().message);
  const auto surveyed = survey(
      client, wanted, [&](const SurveyedNamespace& one) { audit.judge(one); },
      [&](const SurveyGap& gap) { audit.note(gap); });
  return audit.finish(surveyed, client.access());
}

}  // namespace stateward
