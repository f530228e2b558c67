#include "cluster/replica.h"

#include <random>

#include "cluster/installation.h"
#include "cluster/server_version.h"
#include "cluster/serving_certificate.h"

namespace stateward {
namespace {

using namespace std::chrono_literals;

constexpr auto kUntilAccepted = 500ms;
constexpr auto kAfterwards = 10s;
constexpr auto kVersionAge = 10min;  // API servers are upgraded one after another

// Replicas that started together do not renew together.
double random_jitter() {
  std::random_device seed;
  return std::uniform_real_distribution<double>(-0.1, 0.1)(seed);
}

}  // namespace

Replica::Replica(std::shared_ptr<CredentialSource> source, ReplicaOptions options, Clock now,
                 std::function<void(const Identity&)> use,
                 std::function<void(std::string_view)> say)
    : options_(std::move(options)),
      now_(std::move(now)),
      say_(std::move(say)),
      inventory_(Reflectors::feeds(options_.namespaces), std::chrono::steady_clock::now),
      client_(source),
      accepted_(!options_.certificate),
      reflectors_(std::make_unique<Reflectors>(source, inventory_, options_.namespaces, say_)) {
  thread_ = std::thread([this, use = std::move(use)] { run(use); });
}

Replica::~Replica() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stop_asked_.notify_all();
  client_.stop();
  reflectors_.reset();
  thread_.join();
}

void Replica::run(const std::function<void(const Identity&)>& use) {
  ServingCertificate certificate(client_, options_.name_space, webhook_names(options_.name_space),
                                 random_jitter(), use, say_, options_.serving_life);
  do {
    if (options_.certificate) {
      certificate.step(now_());
      accepted_ = certificate.accepted();
    }
    if (std::chrono::steady_clock::now() >= ask_again_) ask_version();
  } while (wait(accepted_ ? std::chrono::milliseconds(kAfterwards) : kUntilAccepted));
}

void Replica::ask_version() {
  const auto version = server_version(client_);
  if (version) kubernetes_ = *version;
  ask_again_ = std::chrono::steady_clock::now() +
               (version ? std::chrono::milliseconds(kVersionAge) : kAfterwards);
}

bool Replica::wait(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !stop_asked_.wait_for(lock, duration, [this] { return stopped_; });
}

}  // namespace stateward
