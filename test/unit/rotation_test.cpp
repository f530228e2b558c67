// The rotation protocol: its steps one by one, what it makes of a Secret that somebody broke, and
// two years of it with everybody asleep at the worst moment, held against OpenSSL's verifier.

#include "certs/rotation.h"

#include <doctest/doctest.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>

#include "certs/describe.h"
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

AuthoritySecret secret_of(const Authority& authority) {
  return {.ca_crt = authority.certificate, .ca_key = authority.key};
}

RotationStep planned(const AuthoritySecret& stored, std::vector<std::string> bundles,
                     sys_seconds now) {
  return plan({.stored = stored, .bundles = std::move(bundles), .now = now, .settings = kSettings})
      .value();
}

// What is stored once nothing is left to store, where every configuration takes every bundle.
AuthoritySecret settled(AuthoritySecret stored, sys_seconds now) {
  for (int i = 0; i < 10; ++i) {
    const RotationStep first = planned(stored, {""}, now);
    const RotationStep step = planned(stored, {first.bundle}, now);
    if (!step.store) return stored;
    stored = *step.store;
  }
  FAIL("it never comes to rest");
  return stored;
}

bool is_phase(const AuthoritySecret& stored, const std::string& phase) {
  return stored.state.starts_with("phase: " + phase + "\n");
}

// Secrets in each phase of one rotation.
struct Phases {
  AuthoritySecret stable, adding, settling, switched, after;
  sys_seconds due;  // the moment in which adding, and with full bundles settling, began
  std::string both;
};

Phases phases() {
  Phases all;
  all.stable = settled({}, kNow);
  const auto ca = describe(all.stable.ca_crt).value().front();
  all.due = ca.not_before + (ca.not_after - ca.not_before) / 6 * 4;
  all.adding = planned(all.stable, {all.stable.ca_crt}, all.due).store.value();
  all.both = planned(all.adding, {}, all.due).bundle;
  all.settling = planned(all.adding, {all.both}, all.due).store.value();
  all.switched = planned(all.settling, {all.both}, all.due + 5min).store.value();
  all.after = planned(all.switched, {all.both}, all.due + 10min + kServingLife).store.value();
  return all;
}

bool signs(const AuthoritySecret& stored, sys_seconds now, const std::string& certificate) {
  const auto signer = signing_authority(stored, now);
  return signer && signer->certificate == certificate;
}

}  // namespace

TEST_CASE("an empty Secret gets an authority for our names, which is published and signs") {
  const RotationStep first = planned({}, {}, kNow);
  REQUIRE(first.store.has_value());
  CHECK_FALSE(first.alarm);
  CHECK(first.bundle.empty());  // nothing is published before it is stored
  CHECK(first.look_again == kNow);
  CHECK(signing_authority({}, kNow).error().message == "there is no authority yet");

  const RotationStep second = planned(*first.store, {""}, kNow);
  CHECK_FALSE(second.store.has_value());
  CHECK(second.bundle == first.store->ca_crt);
  CHECK(describe(second.bundle).value().front().permitted_names == kNames);
  CHECK(signs(*first.store, kNow, second.bundle));
}

TEST_CASE(
    "a rotation adds, waits until all have noticed, switches, waits for a leaf's life, drops") {
  const Phases all = phases();
  const std::string next = all.adding.next_crt;
  CHECK(all.both == all.stable.ca_crt + next);

  CHECK(planned(all.stable, {all.stable.ca_crt}, all.due - 1s).look_again == all.due);
  CHECK_FALSE(planned(all.stable, {all.stable.ca_crt}, all.due - 1s).store.has_value());
  CHECK(is_phase(all.adding, "adding"));
  CHECK(signs(all.adding, all.due, all.stable.ca_crt));

  for (const std::vector<std::string>& bundles : {std::vector{all.stable.ca_crt},
                                                  {all.both, all.stable.ca_crt},
                                                  {all.both, next},
                                                  {""},
                                                  {"rubbish"},
                                                  {all.both, ""}}) {
    const RotationStep waiting = planned(all.adding, bundles, all.due + 30 * kDay);
    CHECK_FALSE(waiting.store.has_value());
    CHECK(waiting.bundle == all.both);
  }

  CHECK(is_phase(all.settling, "settling"));
  CHECK(signs(all.settling, all.due, all.stable.ca_crt));
  const RotationStep settling = planned(all.settling, {all.both}, all.due + 5min - 1s);
  CHECK_FALSE(settling.store.has_value());
  CHECK(settling.look_again == all.due + 5min);
  // Somebody restored an old bundle meanwhile.
  CHECK(is_phase(planned(all.settling, {all.both, all.stable.ca_crt}, all.due + 1h).store.value(),
                 "adding"));

  CHECK(is_phase(all.switched, "switched"));
  CHECK(signs(all.switched, all.due + 5min, next));
  const sys_seconds end = all.due + 5min + kServingLife + 5min;
  const RotationStep switched = planned(all.switched, {all.both}, end - 1s);
  CHECK_FALSE(switched.store.has_value());
  CHECK(switched.bundle == all.both);
  CHECK(switched.look_again == end);

  CHECK(is_phase(all.after, "stable"));
  CHECK(all.after.ca_crt == next);
  CHECK(all.after.next_crt.empty());
  CHECK(all.after.next_key.empty());
  CHECK(planned(all.after, {all.both}, end).bundle == next);
}

TEST_CASE("the bundle has one form, whatever stands around the certificates in the Secret") {
  const Phases all = phases();
  AuthoritySecret untidy = all.switched;
  untidy.ca_crt = "issued by hand\r\n\n" + untidy.ca_crt + "\n\n";
  CHECK(planned(untidy, {}, all.due + 5min).bundle == all.both);
  // And a bundle that holds both in another form is not taken for one that lacks something.
  CHECK(planned(all.adding, {"# ours\n" + all.adding.next_crt + "\n" + all.adding.ca_crt}, all.due)
            .store.has_value());
}

TEST_CASE("people are told where a rotation stands") {
  CHECK(rotation_status({})->phase == RotationPhase::stable);
  CHECK(!rotation_status({})->since);
  const auto status = rotation_status({.state = "phase: settling\nsince: 2026-11-21T00:00:00Z\n"});
  CHECK(to_string(status->phase) == "settling");
  CHECK(status->since == kNow);
  CHECK(!rotation_status({.state = "phase: nonsense\nsince: 2026-11-21T00:00:00Z\n"}));
}

TEST_CASE("where there is no configuration a rotation goes on") {
  const Phases all = phases();
  CHECK(is_phase(planned(all.adding, {}, all.due).store.value(), "settling"));
}

TEST_CASE("an authority that was made by hand is used, and replaced before its time when wanted") {
  const Authority mine = make_authority(kNow, kNames).value();
  const RotationStep step = planned(secret_of(mine), {""}, kNow);
  CHECK_FALSE(step.store.has_value());
  CHECK_FALSE(step.alarm);
  CHECK(step.bundle == mine.certificate);
  const RotationStep begun = plan({.stored = secret_of(mine),
                                   .bundles = {},
                                   .now = kNow,
                                   .settings = kSettings,
                                   .begin = true})
                                 .value();
  CHECK(is_phase(begun.store.value(), "adding"));
}

TEST_CASE("an authority that has expired is replaced in one step, with an alarm") {
  const Phases all = phases();
  const sys_seconds late = kNow + kAuthorityLife;
  const RotationStep replaced = planned(all.stable, {all.stable.ca_crt}, late);
  REQUIRE(replaced.store.has_value());
  CHECK(replaced.alarm);
  CHECK(is_phase(*replaced.store, "stable"));
  CHECK(replaced.bundle.empty());
  CHECK(signing_authority(*replaced.store, late).has_value());
  CHECK(signing_authority(all.stable, late).error().message == "ca.crt is unreadable or expired");
  // One that has a successor is followed by it: bundles hold that already.
  for (const AuthoritySecret& stored : {all.adding, all.settling}) {
    const RotationStep followed = planned(stored, {}, late);
    CHECK(followed.alarm);
    CHECK(followed.store.value().ca_crt == all.adding.next_crt);
    CHECK(followed.bundle == all.adding.next_crt);
  }
  CHECK_FALSE(planned(all.switched, {}, late).alarm);
}

TEST_CASE("an authority that still signs in the last sixth of its life raises the alarm") {
  const Phases all = phases();
  const auto ca = describe(all.adding.ca_crt).value().front();
  const sys_seconds late = ca.not_before + (ca.not_after - ca.not_before) / 6 * 5;
  CHECK_FALSE(planned(all.adding, {""}, late - 1h).alarm);
  CHECK(planned(all.adding, {""}, late).alarm);
  CHECK_FALSE(planned(all.switched, {""}, late).alarm);
}

TEST_CASE("whatever somebody did to the Secret, there is a step, and it leads to a good one") {
  const Phases all = phases();
  const Authority foreign = make_authority(kNow).value();
  const Identity leaf = issue(foreign, kNames, kNow).value();
  const std::string truncated = all.stable.ca_crt.substr(0, 200);
  const std::vector<std::string> wrongs = {
      "",         "rubbish", foreign.certificate,      foreign.key,
      leaf.chain, truncated, std::string(100'000, '-')};
  for (const AuthoritySecret& good : {all.stable, all.adding, all.settling, all.switched}) {
    for (const auto field : {&AuthoritySecret::ca_crt, &AuthoritySecret::ca_key,
                             &AuthoritySecret::next_crt, &AuthoritySecret::next_key}) {
      for (const std::string& wrong : wrongs) {
        AuthoritySecret broken = good;
        broken.*field = wrong;
        if (broken == good) continue;
        CAPTURE(good.state);
        CAPTURE(wrong.substr(0, 40));
        const sys_seconds now = all.due + 5min;
        // Never a certificate with a key that is not its own.
        if (const auto signer = signing_authority(broken, now))
          CHECK(issue(*signer, kNames, now).has_value());
        // It comes to a good end, if only after all waits.
        AuthoritySecret mended = settled(broken, now);
        mended = settled(mended, now + 5min);
        const auto signer = signing_authority(mended, now + 5min);
        REQUIRE(signer.has_value());
        CHECK(issue(*signer, kNames, now + 5min).has_value());
        CHECK_FALSE(planned(mended, {}, now + 5min).bundle.empty());
      }
    }
  }
}

TEST_CASE("a key that is lost begins a rotation, and leaves in service stay good") {
  const Phases all = phases();
  AuthoritySecret broken = all.stable;
  broken.ca_key = make_authority(kNow).value().key;
  CHECK(signing_authority(broken, kNow).error().message == "ca.key is not the key of ca.crt");
  const RotationStep step = planned(broken, {all.stable.ca_crt}, kNow);
  CHECK(step.alarm);
  CHECK(step.bundle == all.stable.ca_crt);
  CHECK(is_phase(step.store.value(), "adding"));
  CHECK(planned(*step.store, {}, kNow).bundle == all.stable.ca_crt + step.store->next_crt);
}

TEST_CASE(
    "a state that nobody can read keeps both authorities, the old one signing, with an alarm") {
  const Phases all = phases();
  for (const char* state :
       {"x", "phase: adding", "phase: finished\nsince: 2027-01-01T00:00:00Z\n",
        "phase: switched\nsince: yesterday\n", "phase: switched\nsince: 2027-13-01T00:00:00Z\n",
        "phase: switched\nsince: 2027-02-30T00:00:00Z\n",
        "phase: switched\nsince: 2027-01-01T24:00:00Z\n", "phase: stable\nsince: \n",
        "phase: stable\nsince: 2027-01-01T00:00:00Z\n", "\n", "{}"}) {
    CAPTURE(std::string(state));
    AuthoritySecret unread = all.switched;
    unread.state = state;
    const RotationStep step = planned(unread, {all.both}, all.due);
    CHECK(step.alarm);
    CHECK(step.bundle == all.both);
    CHECK(is_phase(step.store.value(), "adding"));
    CHECK(signs(unread, all.due, all.stable.ca_crt));
  }
}

TEST_CASE("a clock that went back begins the wait anew") {
  const Phases all = phases();
  const sys_seconds before = all.due - 12h;
  for (const auto& [stored, phase] :
       {std::pair{all.adding, "adding"}, {all.settling, "settling"}, {all.switched, "switched"}}) {
    const RotationStep step = planned(stored, {all.both}, before);
    REQUIRE(step.store.has_value());
    CHECK(step.store->next_crt == stored.next_crt);
    CHECK(step.store->state ==
          fmt::format("phase: {}\nsince: {:%Y-%m-%dT%H:%M:%SZ}\n", phase, before));
  }
  // Clocks of two machines may differ.
  CHECK_FALSE(planned(all.settling, {all.both}, all.due - 5min).store.has_value());
}

TEST_CASE("an authority that is about to begin is kept, one of a distant future is not") {
  const AuthoritySecret stored = settled({}, kNow);
  const sys_seconds begin = describe(stored.ca_crt).value().front().not_before;
  CHECK_FALSE(planned(stored, {stored.ca_crt}, kNow - 8 * kDay).store.has_value());
  CHECK_FALSE(planned(stored, {""}, begin - 23h).store.has_value());
  CHECK(planned(stored, {""}, begin - 2 * kDay).alarm);
  CHECK(planned(stored, {""}, begin - 2 * kDay).store.has_value());
}

TEST_CASE("a leaf is due in the last third of its life, sooner or later by its replica's jitter") {
  const Authority authority = make_authority(kNow - kDay).value();
  const Identity leaf = issue(authority, kNames, kNow).value();
  const auto due_from = [](double share) {
    return kNow + std::chrono::floor<std::chrono::seconds>(kServingLife * share) + 1s;
  };
  for (const auto& [jitter, share] :
       {std::pair{0.0, 2.0 / 3}, {-0.1, 0.6}, {0.1, 2.2 / 3}, {-9.0, 0.6}, {9.0, 2.2 / 3}}) {
    CAPTURE(jitter);
    CHECK_FALSE(leaf_is_due(leaf, authority, due_from(share) - 2s, jitter));
    CHECK(leaf_is_due(leaf, authority, due_from(share), jitter));
  }
}

TEST_CASE("a leaf of another authority is due at once, and so is one that does not hold now") {
  const Authority authority = make_authority(kNow).value();
  const Identity leaf = issue(authority, kNames, kNow).value();
  CHECK_FALSE(leaf_is_due(leaf, authority, kNow, 0));
  CHECK(leaf_is_due(leaf, make_authority(kNow).value(), kNow, 0));
  CHECK(leaf_is_due(leaf, authority, kNow - 6min, 0));
  CHECK(leaf_is_due({}, authority, kNow, 0));
  // A machine that was asleep for eight days, and its fresh leaf.
  const sys_seconds woken = kNow + 8 * kDay;
  CHECK(leaf_is_due(leaf, authority, woken, 0));
  CHECK_FALSE(bundle_verifies(authority.certificate, leaf.chain, kNames[0], woken).has_value());
  const Identity fresh = issue(authority, kNames, woken).value();
  CHECK_FALSE(leaf_is_due(fresh, authority, woken, 0));
  CHECK(bundle_verifies(authority.certificate, fresh.chain, kNames[0], woken).has_value());
}

TEST_CASE("a bundle verifies a leaf as an API server would, or says why not") {
  const Authority authority = make_authority(kNow).value();
  const Authority other = make_authority(kNow).value();
  const Identity leaf = issue(authority, kNames, kNow).value();
  const auto says = [](const Result<void>& result) {
    return result ? std::string("ok") : result.error().message;
  };
  const std::string both = other.certificate + authority.certificate;
  CHECK(says(bundle_verifies(both, leaf.chain, kNames[1], kNow)) == "ok");
  CHECK(says(bundle_verifies(other.certificate, leaf.chain, kNames[0], kNow)) ==
        "unable to get local issuer certificate");
  CHECK(says(bundle_verifies(both, leaf.chain, "example.com", kNow)) == "hostname mismatch");
  CHECK(says(bundle_verifies(both, leaf.chain, "stateward webhook", kNow)) == "hostname mismatch");
  CHECK(says(bundle_verifies(both, leaf.chain, kNames[0], leaf.not_after)) ==
        "certificate has expired");
  CHECK(says(bundle_verifies("", leaf.chain, kNames[0], kNow)) ==
        "the bundle: no PEM certificate in it");
  CHECK(says(bundle_verifies(both, "", kNames[0], kNow)) == "the chain: no PEM certificate in it");
  // A certificate of the bundle is trusted by itself, whoever signed it.
  CHECK(says(bundle_verifies(leaf.chain, leaf.chain, kNames[0], kNow)) == "ok");
}

TEST_CASE("five that start on an empty Secret end with one authority, and a conflict is no error") {
  std::mt19937_64 random(29);
  for (int round = 0; round < 20; ++round) {
    AuthoritySecret secret;
    int version = 0;
    struct Starter {
      std::optional<AuthoritySecret> wanted;
      int version = 0;
      std::string bundle;
    };
    std::vector<Starter> starters(5);
    std::set<std::string> stored;
    int conflicts = 0;
    // Everybody reads before anybody writes, in any order; losers read again.
    const auto look = [&](Starter& starter) {
      const RotationStep step = planned(secret, {}, kNow);
      starter = {step.store, version, step.bundle};
    };
    for (Starter& starter : starters) look(starter);
    std::shuffle(starters.begin(), starters.end(), random);
    for (Starter& starter : starters) {
      if (starter.version == version) {
        secret = starter.wanted.value();
        ++version;
        stored.insert(secret.ca_crt);
      } else {
        ++conflicts;
      }
    }
    for (Starter& starter : starters) {
      look(starter);
      while (starter.wanted) {  // no configuration, so the wait is all there is
        secret = *starter.wanted;
        look(starter);
      }
      CHECK(starter.bundle == *stored.begin());
      CHECK(signing_authority(secret, kNow).value().certificate == *stored.begin());
    }
    CHECK(stored.size() == 1);
    CHECK(conflicts == 4);
  }
}
