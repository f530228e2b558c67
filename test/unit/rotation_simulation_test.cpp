// Two years of the rotation protocol with everybody asleep at the worst moment, held against
// OpenSSL's verifier: a Secret and two configurations with versions, controllers that stop anywhere
// between reading and writing, replicas that are cut off, restarted and asleep, and API servers of
// which nothing is known but that they notice a change within four minutes.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "certs/rotation.h"
#include "certs/verify.h"

namespace {

using namespace stateward;
using namespace std::chrono_literals;
using std::chrono::sys_seconds;

constexpr sys_seconds kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
constexpr auto kDay = 24h;
const std::vector<std::string> kNames = {"stateward-webhook.stateward-system.svc",
                                         "stateward-webhook.stateward-system.svc.cluster.local"};
const RotationSettings kSettings = {.names = kNames};

struct Habits {  // what is done right, to be done wrong on purpose
  bool guarded_patches = true;
  bool fresh_secrets = true;
};

class World {
 public:
  World(std::uint64_t seed, RotationSettings settings, std::chrono::seconds leaf_life,
        Habits habits = {})
      : random_(seed), settings_(std::move(settings)), leaf_life_(leaf_life), habits_(habits) {
    for (Replica& replica : replicas_) replica.jitter = uniform(-0.1, 0.1);
    controllers_[0].sleepy = 0;
    controllers_[1].sleepy = 0.2;
  }

  void run(std::chrono::seconds duration) {
    const sys_seconds end = now_ + duration;
    while (now_ < end) {
      ++events_;
      act(uniform(0, 1));
      check();
    }
  }

  int violations() const { return violations_; }
  int alarms() const { return alarms_; }
  std::size_t events() const { return events_; }
  std::size_t authorities() const { return authorities_.size(); }
  std::size_t leaves() const { return leaves_; }
  bool all_serve() const {
    return std::all_of(replicas_.begin(), replicas_.end(),
                       [](const Replica& replica) { return replica.leaf.has_value(); });
  }

 private:
  struct Actor {
    sys_seconds wakes = kNow;
    std::chrono::seconds skew{0};
    double sleepy = 0.01;
  };
  struct Replica : Actor {
    double jitter = 0;
    std::optional<Identity> leaf;
    std::optional<int> read;  // the Secret of that version
    sys_seconds read_at;
    int judged = -1;  // the Secret's version by which the leaf was good last
  };
  struct Configuration {
    std::string bundle;
    int version = 0;
    // What API servers may still use, and until when.
    std::deque<std::pair<std::string, sys_seconds>> before;
  };
  struct Controller : Actor {
    int at = 0;  // the next thing to do: two reads, the Secret, one configuration after the other
    std::array<Configuration, 2> seen;
    AuthoritySecret secret;
    int version = 0;
    RotationStep step;
  };

  double uniform(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random_);
  }
  // Seconds, minutes or hours alike, and now and then many days.
  std::chrono::seconds pause(const Actor& actor) {
    if (uniform(0, 1) < actor.sleepy) return seconds(uniform(0, 9 * 86400));
    return seconds(std::exp(uniform(0, std::log(longest_))));
  }
  static std::chrono::seconds seconds(double count) {
    return std::chrono::seconds(static_cast<int>(count));
  }
  // Something was written: sometimes those who watch have heard of it at once.
  void wake_all() {
    if (uniform(0, 1) < 0.4) return;
    for (Replica& replica : replicas_) wake(replica);
    for (Controller& controller : controllers_) wake(controller);
  }
  void wake(Actor& actor) {
    if (uniform(0, 1) < 0.8) actor.wakes = std::min(actor.wakes, now_ + seconds(uniform(0, 40)));
  }

  // Whoever wakes next does one thing.
  void act(double chance) {
    const auto earlier = [](const Actor& a, const Actor& b) { return a.wakes < b.wakes; };
    Replica& replica = *std::min_element(replicas_.begin(), replicas_.end(), earlier);
    Controller& controller = *std::min_element(controllers_.begin(), controllers_.end(), earlier);
    Actor& next = earlier(replica, controller) ? static_cast<Actor&>(replica) : controller;
    now_ = std::max(now_, next.wakes);
    next.wakes = now_ + pause(next);
    if (chance < 0.05) next.skew = std::chrono::seconds(static_cast<int>(uniform(-30, 30)));
    if (&next == &controller) {
      if (chance > 0.95) controller.at = 0;  // it was restarted
      control(controller, now_ + next.skew);
    } else {
      if (chance > 0.995) replica.leaf.reset();
      serve(replica, now_ + next.skew);
    }
  }

  void control(Controller& controller, sys_seconds now) {
    if (controller.at == 0) {
      controller.seen = configurations_;
    } else if (controller.at == 1) {
      controller.secret = secret_;
      controller.version = version_;
    }
    if (controller.at == 2) {
      std::vector<std::string> bundles;
      for (const Configuration& seen : controller.seen) bundles.push_back(seen.bundle);
      controller.step = step_of(controller, std::move(bundles), now);
      alarms_ += controller.step.alarm ? 1 : 0;
      if (controller.step.store) {
        controller.at = 0;
        store(controller);
        return;
      }
    } else if (controller.at > 2) {
      const auto i = static_cast<std::size_t>(controller.at - 3);
      if (!patch(configurations_[i], controller.seen[i], controller.step.bundle)) {
        controller.at = 0;
        return;
      }
    }
    controller.at = (controller.at + 1) % 5;
    if (controller.at <= 2 && uniform(0, 1) < 0.5) controller.wakes = now_;
  }

  // plan(), unless it has said that there is nothing to do before then.
  RotationStep step_of(const Controller& controller, std::vector<std::string> bundles,
                       sys_seconds now) {
    const auto [known, fresh] = planned_.try_emplace({controller.version, bundles});
    RotationStep& step = known->second;
    if (fresh || step.store || step.look_again <= now) {
      step = plan({controller.secret, std::move(bundles), now, settings_}).value();
    }
    return step;
  }

  void store(const Controller& controller) {
    if (controller.version != version_) return;
    secret_ = *controller.step.store;
    ++version_;
    authorities_.insert(secret_.ca_crt);
    wake_all();
  }

  bool patch(Configuration& configuration, const Configuration& seen, const std::string& bundle) {
    if (seen.bundle == bundle || bundle.empty()) return true;
    if (habits_.guarded_patches && seen.version != configuration.version) return false;
    configuration.before.emplace_back(configuration.bundle, now_ + 4min);
    configuration.bundle = bundle;
    ++configuration.version;
    wake_all();
    return true;
  }

  void serve(Replica& replica, sys_seconds now) {
    const bool may_use = replica.read && now - replica.read_at < 1min;
    if (!replica.read || (habits_.fresh_secrets && !may_use)) {
      // It minds its leaf in a moment; what happens until then, it does not know.
      replica.read = version_;
      replica.read_at = now;
      if (!signers_.contains(version_)) signers_.emplace(version_, signing_authority(secret_, now));
      replica.wakes = now_ + seconds(uniform(0, 90));
      return;
    }
    const auto& signer = signers_.at(*replica.read);
    const bool young = replica.leaf && now < replica.leaf->not_after - leaf_life_ / 2;
    if (signer && !(young && replica.judged == *replica.read)) mind_leaf(replica, *signer, now);
    if (habits_.fresh_secrets || uniform(0, 1) < 0.2) replica.read.reset();
  }

  void mind_leaf(Replica& replica, const Authority& signer, sys_seconds now) {
    replica.judged = *replica.read;
    if (replica.leaf && !leaf_is_due(*replica.leaf, signer, now, replica.jitter)) return;
    replica.leaf = issue(signer, kNames, now, leaf_life_).value();
    ++leaves_;
  }

  void check() {
    for (Configuration& configuration : configurations_) {
      while (!configuration.before.empty() && configuration.before.front().second <= now_)
        configuration.before.pop_front();
      for (const Replica& replica : replicas_) {
        // One whose leaf has ended says that it is not ready, and is sent nothing.
        if (!replica.leaf || replica.leaf->not_after <= now_) continue;
        expect(*replica.leaf, configuration.bundle);
        for (const auto& [bundle, until] : configuration.before) expect(*replica.leaf, bundle);
      }
    }
  }

  void expect(const Identity& leaf, const std::string& bundle) {
    if (bundle.empty()) return;  // not ours yet
    const auto [found, fresh] = verified_.try_emplace({leaf.chain, bundle}, false);
    if (fresh) found->second = bundle_verifies(bundle, leaf.chain, kNames[0], now_).has_value();
    violations_ += found->second ? 0 : 1;
  }

  std::mt19937_64 random_;
  RotationSettings settings_;
  std::chrono::seconds leaf_life_;
  double longest_ = static_cast<double>(leaf_life_.count()) / 3;  // of ordinary pauses, in seconds
  Habits habits_;
  sys_seconds now_ = kNow;
  AuthoritySecret secret_;
  int version_ = 0;
  std::array<Configuration, 2> configurations_;
  std::array<Replica, 3> replicas_;
  std::array<Controller, 2> controllers_;
  std::map<std::pair<std::string, std::string>, bool> verified_;
  std::map<std::pair<int, std::vector<std::string>>, RotationStep> planned_;
  std::map<int, Result<Authority>> signers_;
  std::set<std::string> authorities_;
  std::size_t events_ = 0;
  std::size_t leaves_ = 0;
  int violations_ = 0;
  int alarms_ = 0;
};

constexpr auto kTwoYears = 730 * kDay;
// An authority that is replaced every six days, while some sleep through a whole rotation.
const RotationSettings kQuick = {.names = kNames, .authority_life = 9 * kDay, .serving_life = kDay};

bool is_noticed(const RotationSettings& settings, Habits habits) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    World world(seed, settings, kDay, habits);
    world.run(60 * kDay);
    if (world.violations() > 0) return true;
  }
  return false;
}

}  // namespace

TEST_CASE(
    "in two years, at every instant, every leaf in service verifies under every bundle in use") {
  struct Case {
    RotationSettings settings;
    std::chrono::seconds duration;
    std::size_t authorities;
  };
  for (const Case& sizes : {Case{kSettings, kTwoYears, 3}, {kQuick, 180 * kDay, 25}}) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      CAPTURE(seed);
      World world(seed, sizes.settings, sizes.settings.serving_life);
      world.run(sizes.duration);
      CHECK(world.violations() == 0);
      if (sizes.settings.authority_life == kAuthorityLife) CHECK(world.alarms() == 0);
      CHECK(world.all_serve());
      CHECK(world.events() > 10'000);
      CHECK(world.leaves() > 200);
      CHECK(world.authorities() >= sizes.authorities);
    }
  }
}

TEST_CASE("the simulation notices every wait and every habit that is left out") {
  RotationSettings impatient = kQuick;
  impatient.settle = 0s;
  CHECK(is_noticed(impatient, {}));
  RotationSettings forgetful = kQuick;
  forgetful.serving_life = 0s;
  CHECK(is_noticed(forgetful, {}));
  CHECK(is_noticed(kQuick, {.guarded_patches = false}));
  CHECK(is_noticed(kQuick, {.fresh_secrets = false}));
}
