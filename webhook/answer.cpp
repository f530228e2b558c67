#include "webhook/answer.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "engine/decide.h"
#include "engine/evaluate.h"
#include "engine/settings.h"
#include "engine/shape.h"

namespace stateward {
namespace {

constexpr std::array<std::pair<Door, std::string_view>, 4> kPaths = {{
    {Door::mutate, "/mutate"},
    {Door::validate, "/validate"},
    {Door::observe, "/validate/observe"},
    {Door::guard, "/validate/guard"},
}};

constexpr std::size_t kWarningLength = 120;
constexpr std::size_t kMessageLength = 1024;

Enforcement enforcement_of(Door door, const Settings* settings) {
  if (settings != nullptr && settings->content().enforcement == Enforcement::observe)
    return Enforcement::observe;
  if (door == Door::observe) return Enforcement::observe;
  return door == Door::guard ? Enforcement::guard : Enforcement::policy;
}

std::string api_version_of(const GroupVersionName& kind) {
  return kind.group.empty() ? std::string(kind.version)
                            : fmt::format("{}/{}", kind.group, kind.version);
}

// A subresource carries another kind than its resource, so the Scale of anything else (a
// Deployment, another group's StatefulSet) is none of ours.
bool is_judged(const Review& review, Kind kind) {
  if (review.operation == Operation::connect) return false;
  if (review.subresource.empty()) return kind != Kind::other && kind != Kind::scale;
  return kind == Kind::scale && review.resource.group == "apps" &&
         review.resource.name == "statefulsets";
}

std::string_view text_or(Node node, std::string_view fallback) {
  const std::string_view text = node.text();
  return text.empty() ? fallback : text;
}

Object object_of(Node node, Kind kind, const Review& review) {
  const Node metadata = node["metadata"];
  return {.kind = kind,
          .api_version = node["apiVersion"].text(),
          .kind_name = node["kind"].text(),
          .name_space = text_or(metadata["namespace"], review.name_space),
          .name = text_or(metadata["name"], review.name),
          .node = node,
          .document = &review.document};
}

// Why an object is not judged though it came in a readable review; empty where it is.
std::string unfit(const Object& object, const Review& review, std::string_view api_version) {
  if (object.api_version != api_version || object.kind_name != review.kind.name) {
    return fmt::format("the review is about a {} {}, its object is not", api_version,
                       review.kind.name);
  }
  const std::vector<Misshape> wrong = misshapes(object);
  return wrong.empty() ? std::string()
                       : fmt::format("{}: {}", wrong.front().path.text(), wrong.front().message);
}

Request request_of(const Review& review) {
  Request request{.user = review.user,
                  .subresource = review.subresource,
                  .grace_period_seconds = review.options["gracePeriodSeconds"].integer(),
                  .propagation_policy = review.options["propagationPolicy"].text(),
                  .dry_run = review.dry_run};
  // The form before propagationPolicy, which the API server still takes.
  if (request.propagation_policy.empty() && review.options["orphanDependents"].boolean()) {
    request.propagation_policy = "Orphan";
  }
  return request;
}

Answer injected(const Judgement& judgement, const Subject& subject) {
  return {.response = {.patch = mutate(judgement.injections, subject)}};
}

// A Scale tells nothing of its set, which is stored: one that is not known yet is about to be.
std::optional<Awaited> scaled_set(const Subject& subject) {
  const Object& scale = subject.object;
  if (scale.kind != Kind::scale || !subject.set.complete() ||
      subject.set.find(Kind::stateful_set, scale.name_space, scale.name) != nullptr)
    return std::nullopt;
  return Awaited{.kind = Kind::stateful_set, .name = std::string(scale.name)};
}

Answer judged(const Judgement& judgement, const Subject& subject, Enforcement enforcement) {
  const Evaluation evaluation = evaluate(judgement.policies, subject);
  Decision decision = decide(evaluation.findings, enforcement);
  Answer answer{.response = {.allowed = decision.allowed,
                             .code = decision.code,
                             .reason = std::move(decision.reason),
                             .message = std::move(decision.message),
                             .warnings = std::move(decision.warnings),
                             .audit = std::move(decision.audit)},
                .denied_by = {},
                .awaits = scaled_set(subject)};
  for (const Finding& finding : evaluation.findings) {
    const bool denies =
        finding.implied_by == nullptr && action_of(finding, enforcement) == EnforcementAction::deny;
    const bool named = !answer.denied_by.empty() && answer.denied_by.back() == finding.policy->id;
    if (denies && !named) answer.denied_by.push_back(finding.policy->id);
    if (denies && !answer.awaits) answer.awaits = finding.awaits;
  }
  return answer;
}

}  // namespace

std::string_view path_of(Door door) {
  for (const auto& [known, path] : kPaths) {
    if (known == door) return path;
  }
  return {};
}

std::optional<Door> door_of(std::string_view path) {
  for (const auto& [door, known] : kPaths) {
    if (known == path) return door;
  }
  return std::nullopt;
}

Answer answer(const Review& review, Door door, const Judgement& judgement) {
  const std::string api_version = api_version_of(review.kind);
  const Kind kind = kind_of(api_version, review.kind.name);
  const bool removes = review.operation == Operation::remove;
  const Node node = removes ? review.old_object : review.object;
  if (!node.exists() || !is_judged(review, kind)) return {};
  const Object object = object_of(node, kind, review);
  if (std::string why = unfit(object, review, api_version); !why.empty()) {
    return answer(Refusal{.reason = std::move(why)}, door);
  }
  const Object old = object_of(review.old_object, kind, review);
  const bool has_old = review.operation == Operation::update && review.old_object.exists();
  const Request request = request_of(review);
  const Subject subject{.object = object,
                        .old = has_old ? &old : nullptr,
                        .set = judgement.set,
                        .operation = review.operation,
                        .point = EnforcementPoint::admission,
                        .request = &request,
                        .today = judgement.today,
                        .kubernetes = judgement.kubernetes,
                        .settings = judgement.settings};
  if (door == Door::mutate) return injected(judgement, subject);
  return judged(judgement, subject, enforcement_of(door, judgement.settings));
}

Answer answer(const Refusal& refusal, Door door) {
  Answer answer;
  if (door == Door::guard) {
    answer.response.allowed = false;
    answer.response.code = 400;
    answer.response.reason = "BadRequest";
    answer.response.message =
        printable(fmt::format("stateward cannot judge this: {}", refusal.reason), kMessageLength);
  } else {
    answer.response.warnings.push_back(
        printable(fmt::format("stateward did not judge this: {}", refusal.reason), kWarningLength));
  }
  return answer;
}

}  // namespace stateward
