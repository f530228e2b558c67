#include "webhook/routes.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "engine/evaluate.h"
#include "engine/json_writer.h"
#include "webhook/front.h"
#include "webhook/metrics.h"

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
auto guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (...) {
    return said(500, "internal error");
  }
}

// What the API server sends as `timeout`: whole seconds ("3s"), 30 at most; 10 where it sends none.
std::chrono::seconds time_allowed(std::string_view query) {
  constexpr std::string_view kName = "timeout=";
  constexpr int kDefault = 10;
  constexpr int kMost = 30;
  const std::size_t at = query.find(kName);
  if (at == std::string_view::npos) return std::chrono::seconds(kDefault);
  const std::string_view value = query.substr(at + kName.size());
  int seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool whole = error == std::errc() && end != value.data() + value.size() && *end == 's';
  return std::chrono::seconds(whole && seconds > 0 && seconds <= kMost ? seconds : kDefault);
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

HttpReply liveness(std::chrono::milliseconds silence) {
  if (silence <= kLongestSilence) return said(200, "ok");
  return said(503, fmt::format("no sign of life for {} s", silence / std::chrono::seconds(1)));
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

HttpReply health_reply(const HttpRequest& request, const Vitals& vitals) {
  return guarded([&]() -> HttpReply {
    const bool alive = request.path == "/livez" || request.path == "/healthz";
    const bool metrics = request.path == "/metrics" && vitals.metrics;
    if (!alive && !metrics && request.path != "/readyz" && request.path != "/version")
      return said(404, "no such path");
    if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET");
    if (alive) return liveness(vitals.silence);
    if (metrics) return {.content_type = MetricsPage::kContentType, .body = vitals.metrics()};
    if (request.path == "/readyz")
      return readiness(vitals.checks(), has_parameter(request.query, "verbose"));
    std::string body;
    JsonWriter(body).begin_object().key("version").string(vitals.version).end_object();
    return {.content_type = kJson, .body = std::move(body)};
  });
}

std::optional<HttpReply> Routes::refuse(const HttpRequest& head) {
  if (!door_of(head.path)) return said(404, "no such path");
  if (head.method != "POST") return wrong_method("POST");
  if (!is_json(head.content_type)) return said(415, "send application/json");
  return std::nullopt;
}

// A review whose answer may be another once an object is known: claims are made a moment before the
// set that mounts them, and the inventory hears of them a moment later. So does who scales a set
// that has only just been made.
struct Routes::Waiting {
  Review review;
  Door door;
  Awaited awaited;
  Time arrived;
  Time deadline;
  Share share;
  int rounds = 1;
};

Outcome Routes::admission(const HttpRequest& request) const {
  Outcome outcome = judge(request);
  if (const auto* reply = std::get_if<HttpReply>(&outcome)) note_failure(request.path, *reply);
  return outcome;
}

void Routes::note_failure(std::string_view path, const HttpReply& reply) const {
  if (reply.status == 200 || !serving_.failed) return;
  if (const auto door = door_of(path)) serving_.failed(*door, reply.status);
}

Outcome Routes::judge(const HttpRequest& request) const {
  return guarded([&]() -> Outcome {
    using Clock = std::chrono::steady_clock;
    if (auto refused = refuse(request)) return std::move(*refused);
    if (request.body.size() > kLargestBody) return said(413, "larger than 8 MiB");
    const auto now = Clock::now();
    const Time arrived = request.arrived == Time() ? now : request.arrived;
    const auto deadline = arrived + time_allowed(request.query) - kWayBack;
    if (now > deadline) return HttpReply{.status = 503, .again_shortly = true};
    const Door door = *door_of(request.path);
    auto review = decode_review(request.body);
    if (!review) {
      const Refusal& refusal = review.error();
      if (!refusal.answerable()) return said(400, refusal.reason);
      return reviewed(refusal.api_version, {door, refusal.uid, nullptr, answer(refusal, door)},
                      arrived);
    }
    const Answer found = judged(*review, door);
    const bool may_wait = serving_.knowledge.knows && request.body.size() <= kMostWaiting;
    if (!found.awaits || !may_wait)
      return reviewed(review->api_version, {door, review->uid, &*review, found}, arrived);
    Share share;
    if (!share.grow_to(waiting_, request.body.size()))
      return HttpReply{.status = 503, .again_shortly = true};
    auto waiting =
        std::make_shared<Waiting>(Waiting{.review = std::move(*review),
                                          .door = door,
                                          .awaited = *found.awaits,
                                          .arrived = arrived,
                                          .deadline = std::min(deadline, now + kPatience),
                                          .share = std::move(share)});
    return LaterReply([this, waiting] {
      auto reply = ask_again(*waiting);
      if (reply) note_failure(path_of(waiting->door), *reply);
      return reply;
    });
  });
}

std::optional<HttpReply> Routes::ask_again(Waiting& waiting) const {
  constexpr int kMostRounds = 16;
  return guarded([&]() -> std::optional<HttpReply> {
    const Review& review = waiting.review;
    const bool over =
        std::chrono::steady_clock::now() >= waiting.deadline || waiting.rounds >= kMostRounds;
    const bool known =
        serving_.knowledge.knows(waiting.awaited.kind, review.name_space, waiting.awaited.name);
    if (!known && !over) return std::nullopt;
    const Answer found = judged(review, waiting.door);
    if (found.awaits && !over) {
      waiting.awaited = *found.awaits;
      ++waiting.rounds;
      return std::nullopt;
    }
    return reviewed(review.api_version, {waiting.door, review.uid, &review, found},
                    waiting.arrived);
  });
}

ObjectSet Routes::known(std::string_view name_space) const {
  return serving_.knowledge.view ? serving_.knowledge.view(name_space) : ObjectSet();
}

Answer Routes::judged(const Review& review, Door door) const {
  const std::shared_ptr<const Settings> settings =
      serving_.settings ? serving_.settings() : nullptr;
  const ObjectSet set = known(review.name_space);
  return answer(review, door,
                {.policies = serving_.policies,
                 .injections = serving_.injections,
                 .set = set,
                 .today = date_of(serving_.now()),
                 .kubernetes = serving_.knowledge.kubernetes ? serving_.knowledge.kubernetes()
                                                             : kLatestKubernetes,
                 .settings = settings.get()});
}

HttpReply Routes::reviewed(std::string_view api_version, Answered answered, Time arrived) const {
  HttpReply reply{.content_type = kJson,
                  .body = encode_review(api_version, answered.uid, answered.answer.response)};
  if (serving_.observe) {
    answered.took = std::chrono::steady_clock::now() - arrived;
    serving_.observe(answered);
  }
  return reply;
}

HttpReply Routes::health(const HttpRequest& request, const Front* front) const {
  Vitals vitals{.version = serving_.version, .checks = [this] { return checks(); }};
  if (front != nullptr) {
    vitals.silence = front->silence();
    if (serving_.metrics) vitals.metrics = [&] { return serving_.metrics(*front); };
  }
  return health_reply(request, vitals);
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
