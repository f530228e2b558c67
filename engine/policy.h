// What a policy is, what it may look at, and what it says. A policy is one constant of type Policy
// in one .cpp file: its prose, its defaults and a function that states Findings about a Subject. It
// holds no state and does no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kubernetes_version.h"
#include "engine/object.h"
#include "engine/object_set.h"
#include "engine/patch.h"
#include "engine/path.h"
#include "engine/request.h"

namespace stateward {

enum class Severity : std::uint8_t { info, low, medium, high, critical };   // how bad it is
enum class EnforcementAction : std::uint8_t { off, audit, warn, deny };     // what we do about it
enum class EnforcementPoint : std::uint8_t { admission, validate, audit };  // where we stand

std::string_view to_string(Severity severity);
std::string_view to_string(EnforcementAction action);

class Settings;

// All that a check may look at.
struct Subject {
  const Object& object;         // what is judged; on DELETE the object that goes
  const Object* old = nullptr;  // the state before, where there is one (UPDATE)
  const ObjectSet& set;         // what else is known
  Operation operation = Operation::create;
  EnforcementPoint point = EnforcementPoint::validate;
  const Request* request = nullptr;  // who asks, and how; absent offline
  Date today;                        // against which end dates are held
  // What it is to run on: the release that was asked for, else the server's own, else the latest.
  KubernetesVersion kubernetes = kLatestKubernetes;
  const Settings* settings = nullptr;  // what the users decided; absent: the defaults
  Node parameters;                     // of the policy that looks, as far as they are given
};

struct Fix {
  enum class Applicability : std::uint8_t { safe, unsafe };  // any machine may; a person must agree
  Applicability applicability = Applicability::unsafe;
  Patch patch;  // against the object
};

struct Exemption {
  std::string reason;
  std::optional<Date> until;  // the last day on which it holds
  std::string owner;          // who answers for it; may be empty
  bool in_settings = false;   // and not in the object itself: it holds in guarded namespaces, too
};

struct Policy;

// An object that is not known, and would make a difference if it were: claims are created
// milliseconds before the set that mounts them.
struct Awaited {
  Kind kind = Kind::other;
  std::string name;  // in the namespace of the object that is judged
};

// A policy's statement about one place in one object.
struct Finding {
  const Policy* policy = nullptr;
  const Object* object = nullptr;
  Path path;            // in `object`; may name what is absent
  std::string message;  // one clause with the offending value, at most 120 characters, no values
                        // that may be secret
  std::string remedy;   // what to do about it
  Severity severity = Severity::medium;
  EnforcementAction action = EnforcementAction::warn;  // in ordinary namespaces
  EnforcementAction guarded =
      EnforcementAction::warn;  // in namespaces labelled stateward.dev/guard: strict
  std::optional<Fix> fix;
  std::optional<Exemption> exemption;
  std::optional<Awaited> awaits;  // judge again once that is known
  bool existed = false;           // the old object has it too: the ratchet keeps it from denying
  // That of the finding which it follows from: who puts that right has put this right. Said of one
  // that is no worse in any way; neither reports nor answers say it again.
  const Policy* implied_by = nullptr;

  // Both actions, at most as strict as `limit`.
  Finding& at_most(EnforcementAction limit);
  // For who asks for everything: severity info, audited and no more.
  Finding& as_info();
  // Sets the action for ordinary namespaces; the guarded one stays at least as strict.
  Finding& with_action(EnforcementAction ordinary);
  Finding& with_fix(Fix::Applicability applicability, Patch patch);
};

// Where a check puts what it finds.
class Findings {
 public:
  Findings(const Policy& policy, const Object& object, std::vector<Finding>& out)
      : policy_(policy), object_(object), out_(out) {}
  // Adds a finding with the policy's own actions and remedy, to be refined by the caller. The
  // reference holds until the next call.
  Finding& add(Path path, std::string message);

 private:
  const Policy& policy_;
  const Object& object_;
  std::vector<Finding>& out_;
};

class OperationSet {
 public:
  constexpr OperationSet(std::initializer_list<Operation> operations) {
    for (const Operation operation : operations) bits_ |= 1U << static_cast<unsigned>(operation);
  }
  constexpr bool contains(Operation operation) const {
    return (bits_ & (1U << static_cast<unsigned>(operation))) != 0;
  }

 private:
  unsigned bits_ = 0;
};

// What a policy must be able to look at to say anything. `siblings`: other objects, and what is
// present is enough; `absence`: it concludes from what is not there, so it is skipped where the set
// is not complete. `live`: it compares what runs with what was asked for, so it is run only where a
// live cluster is audited, from a complete set, and concerns nobody elsewhere.
enum class Needs : std::uint8_t { object, old_object, siblings, absence, live };

// Whether the annotation stateward.dev/confirm-data-loss on `object` says, with a reason, that its
// data may go.
bool data_loss_confirmed(const Object& object, Date today);

// What users may set of a policy: a number between `least` and `most`, or one of `choices`.
struct Parameter {
  std::string_view name;  // camelCase, as in settings
  std::string_view description;
  std::int64_t standard = 0;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::span<const std::string_view> choices;  // the first is the default; empty: a number
};

// What holds: the users' value, or the default.
std::int64_t number(const Subject& subject, const Parameter& parameter);
std::string_view chosen(const Subject& subject, const Parameter& parameter);

struct Policy {
  std::string_view id;  // kebab-case, names the bad thing
  std::string_view
      section;  // identity, storage, availability, rollout, networking, scheduling, lifecycle
  Severity severity = Severity::medium;
  EnforcementAction action = EnforcementAction::warn;
  EnforcementAction guarded = EnforcementAction::warn;  // at least `action`
  Needs needs = Needs::object;
  KindSet kinds;
  OperationSet operations;
  std::string_view summary;     // one sentence: what is wrong
  std::string_view reason;      // what breaks for the user, a few sentences
  std::string_view exceptions;  // when it stays silent; empty where never
  std::string_view remedy;      // what to do about it, one clause
  std::string_view sources;     // Kubernetes fields, issues, KEPs, one a line
  // Policies, by id, whose finding on the same object makes one of this policy a consequence.
  std::array<std::string_view, 2> implied_by = {};
  std::span<const Parameter> parameters = {};
  void (*check)(const Subject& subject, Findings& findings) = nullptr;
};

}  // namespace stateward
