// The rotation protocol
// =====================
//
// The leaf that a replica serves and the bundle by which an API server judges it are two things in
// many places, and nothing orders them: a configuration is patched now, an API server learns of it
// seconds later; a replica may be cut off, or asleep, for days. What must hold all the same, at
// every instant: every leaf in service verifies under every bundle that any API server may be
// using.
//
// So nothing is ever exchanged; something is added, and once it is known to be everywhere,
// something else is taken away. The Secret's `state` says where we are and since when:
//
//   stable     One authority. It signs, and it is the bundle. In the last third of its life:
//   adding     A successor is stored. The bundle is both; the old one still signs. When every
//              configuration has been seen to hold both:
//   settling   As before, and the time runs that API servers may need to notice. A configuration
//   that
//              is seen without both takes us back to adding. When `settle` has passed:
//   switched   The bundle is still both, but the successor signs; replicas renew as soon as they
//   see
//              it. Those that do not see it serve a leaf of the old authority for at most the life
//              of one leaf. When that life, and `settle` once more for a leaf that was being signed
//              while we switched, has passed:
//   stable     with the successor in the old one's place.
//
//   stored    | ca        | ca + next  ca + next  ca + next             | next as ca
//   phase     | stable    | adding     settling   switched              | stable
//   bundle    | ca        | ca + next ................................. | next
//   signs     | ca        | ca ..................| next ............... | next
//
// Why it cannot go wrong between two steps. A bundle is computed from what is stored, never from
// what is about to be. Every phase's bundle holds the signer of this phase and that of the one
// before. The only steps that take something away are the one to switched (no new leaf of the old
// authority) and the one to stable (no more old authority in the bundle), and before each of them
// stands a wait that outlasts whoever has not noticed the step before. A controller that acts on an
// old view is stopped by the guards: it read the configurations before the Secret, so if its Secret
// is old, then whatever was published since has changed a configuration after it was read, and the
// patch is refused.
//
// Clocks. A time in the future means that the clock went back: the wait begins anew. A clock that
// leaps ahead ends a wait early; then only a replica that is cut off from the Secret is left
// behind. Everything is backdated by weeks, so what is made by a clock that is ahead is believed
// where clocks are right. Authorities that begin up to a day from now are kept all the same: they
// become valid by waiting, and a clock that is wrong for an hour must not replace them.
//
// What is broken.
// - The authority is gone, unreadable or expired: nobody can mint, and no bundle can be made of it.
//   The successor takes its place at once, or a new one is made. Leaves in service fail until their
//   replicas have seen it: the one gap that we accept.
// - Its key is lost but its certificate is good: leaves in service hold for days, so this is a
//   rotation that begins early. Until the switch nobody can mint.
// - The successor is unreadable or without its key: it is dropped, and made again in its time.
// - The state is unreadable: back to adding, the old authority signs. Both are in the bundle, which
//   is right for leaves of either.
// Each of these raises the alarm, and so does an authority that is in the last sixth of its life
// and still signs: somebody takes our bundle out of a configuration again and again.

#include "certs/rotation.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "certs/pem.h"

namespace stateward {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::hours kTolerated{24};   // an authority may begin that far in the future
constexpr std::chrono::minutes kDiffering{5};  // clocks; more, and one has gone back
// Where a configuration does not take the bundle: when to look whether it does by now.
constexpr std::chrono::seconds kRetry{30};

using Phase = RotationPhase;
constexpr std::string_view kPhases[] = {"stable", "adding", "settling", "switched"};

struct State {
  Phase phase = Phase::stable;
  sys_seconds since;
};

std::string to_text(const State& state) {
  return fmt::format("phase: {}\nsince: {:%Y-%m-%dT%H:%M:%SZ}\n", to_string(state.phase),
                     state.since);
}

// "2026-11-21T00:00:00Z": RFC 3339, in UTC and whole seconds.
std::optional<sys_seconds> parse_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t from, std::size_t size) {
    unsigned value = 0;
    std::from_chars(text.data() + from, text.data() + from + size, value);
    return value;
  };
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(number(5, 2)),
                                        std::chrono::day(number(8, 2)));
  if (!day.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59)
    return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(number(11, 2)) +
         std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2));
}

std::optional<State> parse_state(std::string_view text) {
  constexpr std::string_view kPhase = "phase: ";
  constexpr std::string_view kSince = "since: ";
  const std::size_t end = text.find('\n');
  if (!text.starts_with(kPhase) || end == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(kPhase.size(), end - kPhase.size());
  const auto* const found = std::find(std::begin(kPhases), std::end(kPhases), name);
  text.remove_prefix(end + 1);
  if (found == std::end(kPhases) || !text.starts_with(kSince) || !text.ends_with('\n'))
    return std::nullopt;
  text.remove_prefix(kSince.size());
  const auto since = parse_time(text.substr(0, text.size() - 1));
  if (!since) return std::nullopt;
  return State{static_cast<Phase>(found - std::begin(kPhases)), *since};
}

// One of the two authorities, as far as it can be used.
struct Held {
  Certificate certificate;  // none: it verifies nothing, being unreadable or out of its time
  std::string pem;          // in normal form
  bool signs = false;       // and here is its key
};

Held look_at(const std::string& certificate, const std::string& key, sys_seconds now) {
  auto certificates = certificates_from_pem(certificate);
  if (!certificates) return {};
  Held held{.certificate = std::move(certificates->front())};
  const X509& read = *held.certificate;
  const bool usable = X509_check_ca(held.certificate.get()) == 1 && now < not_after(read) &&
                      not_before(read) < now + kTolerated;
  auto pem = to_pem(*held.certificate);
  if (!usable || !pem) return {};
  held.pem = std::move(*pem);
  const auto own = key_from_pem(key);
  held.signs = own && X509_check_private_key(held.certificate.get(), own->get()) == 1;
  ERR_clear_error();
  return held;
}

// The Secret, understood.
struct Authorities {
  Held ca;
  Held next;
  std::optional<State> state;  // none: unreadable, or it contradicts the rest

  Authorities(const AuthoritySecret& stored, sys_seconds now)
      : ca(look_at(stored.ca_crt, stored.ca_key, now)),
        next(look_at(stored.next_crt, stored.next_key, now)),
        state(stored.state.empty() ? State{} : parse_state(stored.state)) {
    const bool no_next = stored.next_crt.empty() && stored.next_key.empty();
    if (state && (state->phase == Phase::stable ? !no_next : !next.signs)) state.reset();
  }
  bool switched() const { return state && state->phase == Phase::switched; }
};

bool holds(const std::vector<Certificate>& bundle, const Held& wanted) {
  return std::any_of(bundle.begin(), bundle.end(), [&](const Certificate& certificate) {
    return X509_cmp(certificate.get(), wanted.certificate.get()) == 0;
  });
}

bool holds_both(const std::string& bundle, const Authorities& seen) {
  const auto certificates = certificates_from_pem(bundle);
  return certificates && holds(*certificates, seen.ca) && holds(*certificates, seen.next);
}

// The moment when so many sixths of the authority's life have passed.
sys_seconds after_sixths(const Held& held, int sixths) {
  const sys_seconds begin = not_before(*held.certificate);
  return begin + (not_after(*held.certificate) - begin) / 6 * sixths;
}

// Decides on the step; one function a phase.
class Planner {
 public:
  explicit Planner(const RotationView& view)
      : view_(view), seen_(view.stored, view.now), next_(view.stored) {}

  Result<RotationStep> step() {
    step_.bundle = seen_.ca.pem + seen_.next.pem;
    step_.look_again = view_.now;
    if (!seen_.ca.certificate) return without_authority();
    // Leaves are in danger only while the old authority signs.
    step_.alarm = !seen_.switched() && (!seen_.ca.signs || late());
    if (!seen_.state) return repair();
    if (seen_.state->phase == Phase::stable) return stable();
    if (seen_.state->since > view_.now + view_.settings.settle) {
      return enter(seen_.state->phase, "the clock went back: the wait begins anew");
    }
    switch (seen_.state->phase) {
      case Phase::adding:
        return adding();
      case Phase::settling:
        return settling();
      default:
        return switched();
    }
  }

 private:
  bool late() const { return view_.now >= after_sixths(seen_.ca, 5); }

  std::size_t missing() const {
    return static_cast<std::size_t>(
        std::count_if(view_.bundles.begin(), view_.bundles.end(),
                      [this](const std::string& bundle) { return !holds_both(bundle, seen_); }));
  }

  RotationStep store(std::string reason) {
    step_.store = std::move(next_);
    step_.reason = std::move(reason);
    return std::move(step_);
  }

  RotationStep enter(Phase phase, std::string reason) {
    next_.state = to_text({phase, view_.now});
    return store(std::move(reason));
  }

  RotationStep wait(sys_seconds until, std::string reason) {
    step_.look_again = until;
    step_.reason = std::move(reason);
    return std::move(step_);
  }

  RotationStep promote(std::string reason) {
    next_ = {.ca_crt = view_.stored.next_crt, .ca_key = view_.stored.next_key};
    return enter(Phase::stable, std::move(reason));
  }

  Result<RotationStep> without_authority() {
    const bool fresh = view_.stored == AuthoritySecret{};
    step_.alarm = !fresh && !seen_.switched();
    if (seen_.next.signs) {
      return promote("the authority is gone, unreadable or expired: its successor takes its place");
    }
    auto made = make_authority(view_.now, view_.settings.names, view_.settings.authority_life);
    if (!made) return tl::unexpected(made.error());
    next_ = {.ca_crt = std::move(made->certificate), .ca_key = std::move(made->key)};
    return enter(Phase::stable, fresh
                                    ? "there is no authority yet: one is made"
                                    : "the authority is unreadable or expired: a new one is made");
  }

  RotationStep repair() {
    step_.alarm = true;
    if (seen_.next.signs) {
      return enter(Phase::adding, "the state is unreadable: the old authority signs again");
    }
    next_.next_crt.clear();
    next_.next_key.clear();
    return enter(Phase::stable, "the state or the next authority is unreadable: it is dropped");
  }

  Result<RotationStep> stable() {
    const sys_seconds due = after_sixths(seen_.ca, 4);
    if (seen_.ca.signs && !view_.begin && view_.now < due)
      return wait(due, fmt::format("the authority serves until {:%Y-%m-%d}", due));
    auto made = make_authority(view_.now, view_.settings.names, view_.settings.authority_life);
    if (!made) return tl::unexpected(made.error());
    next_.next_crt = std::move(made->certificate);
    next_.next_key = std::move(made->key);
    return enter(Phase::adding, seen_.ca.signs ? "the next authority is made"
                                               : "the authority's key is lost: the next is made");
  }

  RotationStep adding() {
    const std::size_t lacking = missing();
    if (lacking == 0) return enter(Phase::settling, "every configuration holds both authorities");
    return wait(view_.now + kRetry, fmt::format("{} of {} bundles do not hold both authorities yet",
                                                lacking, view_.bundles.size()));
  }

  RotationStep settling() {
    if (missing() != 0)
      return enter(Phase::adding, "a bundle was seen that does not hold both authorities");
    const sys_seconds end = seen_.state->since + view_.settings.settle;
    if (view_.now < end) return wait(end, "API servers get time to notice the next authority");
    return enter(Phase::switched, "the next authority signs from now on");
  }

  RotationStep switched() {
    const RotationSettings& settings = view_.settings;
    const sys_seconds end = seen_.state->since + settings.serving_life + settings.settle;
    if (view_.now < end)
      return wait(end, "certificates of the old authority may still be in service");
    return promote("the last certificate of the old authority has ended: it is dropped");
  }

  const RotationView& view_;
  const Authorities seen_;
  AuthoritySecret next_;
  RotationStep step_;
};

}  // namespace

std::string_view to_string(RotationPhase phase) { return kPhases[static_cast<std::size_t>(phase)]; }

std::optional<RotationStatus> rotation_status(const AuthoritySecret& stored) {
  if (stored.state.empty()) return RotationStatus{};
  const auto state = parse_state(stored.state);
  if (!state) return std::nullopt;
  return RotationStatus{.phase = state->phase, .since = state->since};
}

Result<RotationStep> plan(const RotationView& view) { return Planner(view).step(); }

Result<Authority> signing_authority(const AuthoritySecret& stored, sys_seconds now) {
  const Authorities seen(stored, now);
  if (seen.switched()) return Authority{.certificate = seen.next.pem, .key = stored.next_key};
  if (seen.ca.signs) return Authority{.certificate = seen.ca.pem, .key = stored.ca_key};
  if (stored.ca_crt.empty()) return fail("there is no authority yet");
  if (!seen.ca.certificate) return fail("ca.crt is unreadable or expired");
  return fail("ca.key is not the key of ca.crt");
}

bool leaf_is_due(const Identity& leaf, const Authority& signer, sys_seconds now, double jitter) {
  const auto chain = certificates_from_pem(leaf.chain);
  const auto issuer = certificates_from_pem(signer.certificate);
  if (!chain || !issuer) return true;
  X509& serving = *chain->front();
  const sys_seconds made = not_before(serving) + kBackdated;
  const std::chrono::duration<double> life = not_after(serving) - made;
  const auto due = made + life * (2.0 / 3 * (1 + std::clamp(jitter, -0.1, 0.1)));
  const bool own = X509_verify(&serving, X509_get0_pubkey(issuer->front().get())) == 1;
  ERR_clear_error();
  return !own || now + kDiffering < made || now >= due;
}

}  // namespace stateward
