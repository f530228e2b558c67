#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::int64_t kDefaultGrace = 30;  // PodSpec.terminationGracePeriodSeconds

bool ends_in(std::string_view word, std::string_view program) {
  return word == program ||
         (word.ends_with(program) && word.substr(0, word.size() - program.size()).ends_with('/'));
}

bool is_shell(std::string_view word) {
  return ends_in(word, "sh") || ends_in(word, "bash") || ends_in(word, "ash") ||
         ends_in(word, "dash");
}

// "30", "30s", "2m", as sleep(1) takes it, up to what ends the word.
std::optional<std::int64_t> seconds_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::int64_t kMinute = 60;
  if (rest.starts_with('m')) return number * kMinute;
  const bool whole = rest.empty() || rest.starts_with('s') || rest.find_first_of(" \t\n;&|") == 0;
  return whole ? std::optional(number) : std::nullopt;
}

// How long the hook does nothing before it does anything: what comes later has that much less time.
std::optional<std::int64_t> sleep_of(Node hook) {
  if (const auto seconds = hook["sleep"]["seconds"].integer()) return seconds;
  std::vector<std::string_view> words;
  for (const Node word : hook["exec"]["command"].items()) words.push_back(word.text());
  if (words.size() >= 2 && ends_in(words[0], "sleep")) return seconds_of(words[1]);
  if (words.empty() || !is_shell(words[0])) return std::nullopt;
  const auto given = std::find_if(words.begin() + 1, words.end(),
                                  [](std::string_view word) { return !word.starts_with('-'); });
  if (given == words.end()) return std::nullopt;
  std::string_view script = *given;
  const std::size_t begin = script.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return std::nullopt;
  script.remove_prefix(begin);
  constexpr std::string_view kSleep = "sleep ";
  if (!script.starts_with(kSleep)) return std::nullopt;
  return seconds_of(script.substr(kSleep.size()));
}

void judge_hook(const Container& container, std::int64_t grace, Findings& findings) {
  const auto sleep = sleep_of(container.node["lifecycle"]["preStop"]);
  if (!sleep || *sleep < grace) return;
  findings.add(
      container.path() / "lifecycle" / "preStop",
      fmt::format("preStop sleeps {} s of the {} s that the Pod has to end", *sleep, grace));
}

// The Pod has one grace period for all: told of the first that needs more.
void judge_servers(const PodSpec& pod, std::int64_t grace, Findings& findings) {
  if (grace >= kDefaultGrace) return;
  const std::vector<Container> containers = pod.containers();
  const auto slow = std::find_if(containers.begin(), containers.end(), [](const Container& one) {
    const KnownImage* image = one.long_running() ? known_image(one) : nullptr;
    return image != nullptr && image->stops_slowly;
  });
  if (slow == containers.end()) return;
  findings.add(Path(pod.path) / "terminationGracePeriodSeconds",
               fmt::format("{} has {} s to end before it is killed",
                           image_repository(slow->image()), grace));
}

void check(const Subject& subject, Findings& findings) {
  const PodSpec pod = StatefulSet{subject.object}.pod_spec();
  const std::int64_t grace = pod.node["terminationGracePeriodSeconds"].integer(kDefaultGrace);
  if (grace <= 0) return;  // zero-termination-grace
  for (const Container& container : pod.containers()) {
    if (container.long_running()) judge_hook(container, grace, findings);
  }
  judge_servers(pod, grace, findings);
}

}  // namespace

extern const Policy short_termination_grace;
constinit const Policy short_termination_grace{
    .id = "short-termination-grace",
    .section = "availability",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A member is killed before it can have ended.",
    .reason =
        "The grace period runs from the deletion, and a preStop hook's time is part of it: a hook "
        "that sleeps it away leaves the process no time, and it is killed. A database writes its "
        "memory to disk and hands its work over first; killed in the middle it replays its log at "
        "the next start, or comes up damaged.",
    .exceptions =
        "Hooks that do something before they sleep, for that may end the process; images that are "
        "unknown or run a command of their own; what is as short for what ends at once.",
    .remedy = "raise terminationGracePeriodSeconds: the hook's time and 30 s or more",
    .sources =
        "PodSpec.terminationGracePeriodSeconds, Lifecycle.preStop (core/v1)\n"
        "Kubernetes 1.36.3 refuses a preStop sleep action longer than the grace period, and takes "
        "one as long\n"
        "docker-library/postgres: 10 s are too few, 90 s may be; mongod: 15 s of quiescence",
    .check = check,
};

}  // namespace stateward::policies
