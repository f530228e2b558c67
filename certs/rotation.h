// How the cluster's authority is made, replaced before its end, and recovered, as a pure function
// from what is seen to what is to be done. No clock and no I/O; only keys are random. The protocol,
// and why each wait is there, is told in rotation.cpp.
//
// The controller, over and over:
//   1. reads every configuration, and then the Secret, in this order;
//   2. plan();
//   3. writes `store`, guarded by the Secret's resourceVersion. Whether that worked or another was
//      faster (409): begins anew at once;
//   4. where nothing is to be stored, gives `bundle` to every configuration that holds another
//   text,
//      guarded by the configuration's resourceVersion; after a 409 begins anew.
// With both guards and that order, any number of controllers may do so at once, and stop anywhere.
//
// A replica that serves mints its own leaf with signing_authority(), from a Secret that it read
// less than `settle` ago, never from one that it remembers: the old authority is dropped when its
// last leaf is known to be gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.h"
#include "certs/identity.h"
#include "engine/result.h"

namespace stateward {

// The data of the Secret, by key; what is missing there is empty here. A Secret with nothing but
// ca.crt and ca.key, made by hand, is a good one.
struct AuthoritySecret {
  std::string ca_crt;    // "ca.crt"
  std::string ca_key;    // "ca.key"
  std::string next_crt;  // "ca-next.crt"
  std::string next_key;  // "ca-next.key"
  std::string state;     // "state"

  bool operator==(const AuthoritySecret&) const = default;
};

struct RotationSettings {
  std::vector<std::string> names;  // DNS names of the webhook's Service: all that may be signed for
  std::chrono::seconds authority_life = kAuthorityLife;
  std::chrono::seconds serving_life = kServingLife;  // no leaf lives longer
  // How long an API server takes at most to use what a configuration holds, and clocks differ.
  std::chrono::seconds settle = std::chrono::minutes{5};
};

struct RotationView {
  AuthoritySecret stored;
  // The caBundle of every webhook of every configuration of ours, as PEM; none: there is no
  // configuration. Where they could not be read there is nothing to plan.
  std::vector<std::string> bundles;
  std::chrono::sys_seconds now;
  RotationSettings settings;
  bool begin = false;  // somebody wants the authority replaced before its time
};

struct RotationStep {
  std::optional<AuthoritySecret> store;
  // One or two authorities in normal form, the older first: what every caBundle must be. Only ever
  // what is stored already, so that it is right whatever becomes of `store`. Empty: nothing is
  // stored that could be published; configurations stay as they are.
  std::string bundle;
  std::chrono::sys_seconds look_again;  // at the latest; now, where there is something to store
  std::string reason;                   // for the log, one clause
  bool alarm = false;                   // a person should look
};

// An error is OpenSSL's own failure; whatever the Secret holds, there is a step.
Result<RotationStep> plan(const RotationView& view);

enum class RotationPhase : std::uint8_t { stable, adding, settling, switched };
std::string_view to_string(RotationPhase phase);

struct RotationStatus {
  RotationPhase phase = RotationPhase::stable;
  std::optional<std::chrono::sys_seconds> since;  // none: the Secret was made by hand
};
// Where a rotation stands; none where the Secret's `state` cannot be read.
std::optional<RotationStatus> rotation_status(const AuthoritySecret& stored);

// Who signs new leaves now. The error (nothing there yet, unreadable, expired) is a reason to keep
// the leaf that one has.
Result<Authority> signing_authority(const AuthoritySecret& stored, std::chrono::sys_seconds now);

// The leaf is to be replaced by one of `signer`: it is in the last third of its life, made after
// `now` (the clock has gone back), or another's. `jitter`, from -0.1 to 0.1, moves the first of
// these, so that replicas that started together do not renew together.
bool leaf_is_due(const Identity& leaf, const Authority& signer, std::chrono::sys_seconds now,
                 double jitter);

}  // namespace stateward
