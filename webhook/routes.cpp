#include "webhook/routes.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "engine/evaluate.h"
#include "engine/json_writer.h"

namespace stateward {
namespace {

constexpr std::string_view kJson = "application/json";

HttpReply said(int status, std::string_view text) {
  return {.status = status, .body = fmt::format("{}\n", text)};
}

HttpReply wrong_method(std::string_view right) {
  HttpReply reply = said(405, fmt::format("use {}", right));
  reply.allow = right;
  return reply;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// "Application/JSON; charset=utf-8" is JSON too (RFC 9110 section 8.3.1).
bool is_json(std::string_view content_type) {
  std::string_view media_type = content_type.substr(0, content_type.find(';'));
  media_type = media_type.substr(0, media_type.find_last_not_of(" \t") + 1);
  return std::equal(media_type.begin(), media_type.end(), kJson.begin(), kJson.end(),
                    [](char given, char wanted) { return lower(given) == wanted; });
}

bool has_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    if (parameter.substr(0, parameter.find('=')) == name) return true;
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
  }
  return false;
}

Date date_of(std::chrono::sys_seconds time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return {static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
          static_cast<int>(static_cast<unsigned>(day.day()))};
}

// An own fault answers 500, so that the registration's failurePolicy decides and a bug never looks
// like a denial.
template <typename Work>
HttpReply guarded(Work work) {
  try {
    return work();
  } catch (...) {
    return said(500, "internal error");
  }
}

std::string inventory_note(const Serving& serving, const ObjectSet& set) {
  std::string skipped;
  for (const Policy* policy : serving.policies) {
    if (missing_knowledge(*policy, set, EnforcementPoint::admission).empty()) continue;
    skipped += fmt::format("{}{}", skipped.empty() ? "" : ", ", policy->id);
  }
  if (set.complete()) return "synced";
  return fmt::format("{}; policies that need one are skipped: {}",
                     serving.knowledge.view ? "not synced" : "none",
                     skipped.empty() ? "none" : skipped);
}

HttpReply readiness(const std::vector<HealthCheck>& checks, bool verbose) {
  const bool ready = std::all_of(checks.begin(), checks.end(),
                                 [](const HealthCheck& check) { return check.passed; });
  std::string body;
  for (const HealthCheck& check : checks) {
    if (!verbose && check.passed) continue;
    body += fmt::format("[{}]{} {}: {}\n", check.passed ? '+' : '-', check.name,
                        check.passed ? "ok" : "failed", check.note);
  }
  body += ready ? (verbose ? "readyz check passed\n" : "ok\n") : "readyz check failed\n";
  return {.status = ready ? 200 : 503, .body = std::move(body)};
}

}  // namespace

HttpReply health_reply(const HttpRequest& request, std::string_view version,
                       const std::function<std::vector<HealthCheck>()>& checks) {
  return guarded([&]() -> HttpReply {
    const bool alive = request.path == "/livez" || request.path == "/healthz";
    if (!alive && request.path != "/readyz" && request.path != "/version")
      return said(404, "no such path");
    if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET");
    if (alive) return said(200, "ok");
    if (request.path == "/readyz")
      return readiness(checks(), has_parameter(request.query, "verbose"));
    std::string body;
    JsonWriter(body).begin_object().key("version").string(version).end_object();
    return {.content_type = kJson, .body = std::move(body)};
  });
}

std::optional<HttpReply> Routes::refuse(const HttpRequest& head) {
  if (!door_of(head.path)) return said(404, "no such path");
  if (head.method != "POST") return wrong_method("POST");
  if (!is_json(head.content_type)) return said(415, "send application/json");
  return std::nullopt;
}

HttpReply Routes::admission(const HttpRequest& request) const {
  return guarded([&]() -> HttpReply {
    if (auto refused = refuse(request)) return std::move(*refused);
    if (request.body.size() > kLargestBody) return said(413, "larger than 8 MiB");
    const Door door = *door_of(request.path);
    const auto review = decode_review(request.body);
    if (review) {
      return reviewed(review->api_version, {door, review->uid, &*review, judged(*review, door)});
    }
    const Refusal& refusal = review.error();
    if (!refusal.answerable()) return said(400, refusal.reason);
    return reviewed(refusal.api_version, {door, refusal.uid, nullptr, answer(refusal, door)});
  });
}

ObjectSet Routes::known(std::string_view name_space) const {
  return serving_.knowledge.view ? serving_.knowledge.view(name_space) : ObjectSet();
}

// Claims are made a moment before the set that mounts them, and the inventory hears of them a
// moment later: a denial that rests on one that is not known waits for it. So does who scales a set
// that has only just been made.
Answer Routes::judged(const Review& review, Door door) const {
  constexpr int kMostRounds = 16;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const std::shared_ptr<const Settings> settings =
      serving_.settings ? serving_.settings() : nullptr;
  const KubernetesVersion kubernetes =
      serving_.knowledge.kubernetes ? serving_.knowledge.kubernetes() : kLatestKubernetes;
  for (int round = 1;; ++round) {
    const ObjectSet set = known(review.name_space);
    Answer found = answer(review, door,
                          {.policies = serving_.policies,
                           .injections = serving_.injections,
                           .set = set,
                           .today = date_of(serving_.now()),
                           .kubernetes = kubernetes,
                           .settings = settings.get()});
    const bool may_change = found.awaits && serving_.knowledge.wait_for && round < kMostRounds;
    if (!may_change || !serving_.knowledge.wait_for(found.awaits->kind, review.name_space,
                                                    found.awaits->name, deadline))
      return found;
  }
}

HttpReply Routes::reviewed(std::string_view api_version, const Answered& answered) const {
  if (serving_.observe) serving_.observe(answered);
  return {.content_type = kJson,
          .body = encode_review(api_version, answered.uid, answered.answer.response)};
}

HttpReply Routes::health(const HttpRequest& request) const {
  return health_reply(request, serving_.version, [this] { return checks(); });
}

std::vector<HealthCheck> Routes::checks() const {
  const std::optional<std::chrono::sys_seconds> expires = serving_.certificate_expires();
  std::vector<HealthCheck> checks = {
      {"serving-certificate", expires && serving_.now() < *expires,
       expires ? fmt::format("until {:%Y-%m-%dT%H:%M:%SZ}", *expires)
               : "no serving certificate yet"},
      {"serving", !draining_, draining_ ? "about to stop" : "all doors are open"},
      {"inventory", true, inventory_note(serving_, known({}))},
  };
  if (serving_.checks) {
    for (HealthCheck& check : serving_.checks()) checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace stateward
