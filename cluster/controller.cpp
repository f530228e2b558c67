// Three threads beside those of the inventory. One renews the lease, one works through namespaces
// in which something has changed or is due, one keeps the authority; none waits for another. All
// work follows from the inventory and is done again from the start whenever the lead is gained.

#include "cluster/controller.h"

#include <fmt/format.h>

#include <algorithm>

#include "certs/describe.h"
#include "cluster/installation.h"

namespace stateward {
namespace {

using namespace std::chrono_literals;

constexpr auto kElectionPeriod = 2s;
constexpr auto kResync = 10min;
constexpr auto kAuthorityPeriod = 10s;
constexpr auto kLongestDelay = 60s;

AuthorityState state_of(std::string_view certificate, bool in_sync) {
  AuthorityState state{.in_sync = in_sync};
  const auto described = describe(certificate);
  if (!described || described->empty()) return state;
  state.expires = described->front().not_after;
  state.life = described->front().not_after - described->front().not_before;
  return state;
}

}  // namespace

Controller::Controller(std::shared_ptr<CredentialSource> source, ControllerOptions options,
                       Clock now, std::function<void(std::string_view)> say)
    : options_(std::move(options)),
      now_(std::move(now)),
      say_(std::move(say)),
      inventory_(Reflectors::feeds(options_.namespaces), std::chrono::steady_clock::now),
      election_({.name_space = options_.name_space,
                 .name = std::string(kControllerLease),
                 .holder = options_.holder},
                now_, std::chrono::steady_clock::now),
      election_client_(source),
      authority_client_(source),
      work_client_(source),
      reconciler_(
          work_client_, options_.reconciler, [this] { return election_.leads() && !stopped(); },
          say_) {
  inventory_.on_change([this](const std::string& name_space) {
    // A change of the cluster itself (a namespace's label) may concern any namespace.
    const auto at = std::chrono::steady_clock::now();
    name_space.empty() ? mark_all(at + 1s) : mark(name_space, at);
  });
  reflectors_ = std::make_unique<Reflectors>(source, inventory_, options_.namespaces, say_);
  threads_.emplace_back([this] { elect(); });
  threads_.emplace_back([this] { work(); });
  if (options_.certificates) threads_.emplace_back([this] { keep_authority(); });
}

Controller::~Controller() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  authority_client_.stop();
  work_client_.stop();
  reflectors_.reset();
  for (std::thread& thread : threads_) thread.join();
}

bool Controller::stopped() {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

bool Controller::wait(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, duration, [this] { return stopped_; });
}

void Controller::elect() {
  std::string failure;
  bool led = false;
  const auto notice = [&] {
    if (led == election_.leads()) return;
    led = !led;
    say_(led ? "leading" : "another one leads, or the lease could not be renewed");
    mark_all(std::chrono::steady_clock::now());
  };
  do {
    notice();  // it may have run out since
    const auto step = election_.step(election_client_);
    const std::string now_failing = step ? "" : step.error().message;
    if (now_failing != failure && !now_failing.empty())
      say_(fmt::format("lease {}: {}", kControllerLease, now_failing));
    failure = now_failing;
    notice();
  } while (wait(kElectionPeriod));
  election_.release(election_client_);
}

void Controller::keep_authority() {
  AuthorityKeeper keeper(authority_client_, options_.name_space,
                         {.names = webhook_names(options_.name_space),
                          .serving_life = options_.serving_life,
                          .settle = options_.settle},
                         say_);
  std::string failure;
  do {
    if (!election_.leads()) {
      tell_authority(std::nullopt);
      continue;
    }
    const auto step = keeper.step(now_());
    tell_authority(state_of(keeper.certificate(), step.has_value()));
    const std::string now_failing = step ? "" : step.error().message;
    if (now_failing != failure && !now_failing.empty() && !stopped())
      say_(fmt::format("authority: {}", now_failing));
    failure = now_failing;
    if (!wait(kAuthorityPeriod)) return;
  } while (wait(200ms));
}

void Controller::tell_authority(std::optional<AuthorityState> state) {
  const std::lock_guard lock(mutex_);
  authority_ = std::move(state);
}

std::optional<AuthorityState> Controller::authority() const {
  const std::lock_guard lock(mutex_);
  return authority_;
}

void Controller::mark(const std::string& name_space, SteadyTime due) {
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = due_.try_emplace(name_space, due);
    if (!fresh) at->second = std::min(at->second, due);
  }
  changed_.notify_all();
}

void Controller::mark_all(SteadyTime due) {
  for (const std::string& name_space : inventory_.namespaces()) mark(name_space, due);
}

// Waits until a namespace is due, and takes it out. False where there is nothing more to do.
bool Controller::next_namespace(std::string& name_space) {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto first = std::min_element(
        due_.begin(), due_.end(),
        [](const auto& left, const auto& right) { return left.second < right.second; });
    if (first == due_.end()) {
      changed_.wait(lock);
    } else if (first->second > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, SteadyTime(first->second));
    } else {
      name_space = first->first;
      due_.erase(first);
      return true;
    }
  }
  return false;
}

void Controller::work() {
  std::string name_space;
  while (next_namespace(name_space)) reconcile(name_space);
}

void Controller::reconcile(const std::string& name_space) {
  const auto steady = std::chrono::steady_clock::now();
  const auto now = now_();
  const ObjectSet set = inventory_.view(name_space);
  // What is not whole yet, or not ours to do, comes again: at the end of a list, with the lead.
  if (!set.complete() || !election_.leads()) {
    if (election_.leads()) mark(name_space, steady + 1s);
    return;
  }
  const auto settings = options_.settings ? options_.settings() : nullptr;
  const Reconciler::Outcome outcome = reconciler_.reconcile(name_space, set, now, settings.get());
  if (outcome.failed) {
    const int failures = std::min(failures_[name_space]++, 6);
    mark(name_space, steady + std::min<std::chrono::seconds>(1s * (1 << failures), kLongestDelay));
    return;
  }
  failures_.erase(name_space);
  mark(name_space, steady + (outcome.look_again ? std::chrono::seconds(*outcome.look_again - now)
                                                : std::chrono::seconds(kResync)));
}

}  // namespace stateward
