// What is put into objects at admission, and put back when a client drops it. An injection is one
// constant of type Injection in one .cpp file, like a policy. What was injected is recorded in the
// annotation stateward.dev/injected; on UPDATE nothing is decided anew: what the record names is
// copied back from the old object, bit by bit.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/patch.h"
#include "engine/policy.h"

namespace stateward {

inline constexpr std::string_view kInjectedAnnotation = "stateward.dev/injected";
inline constexpr std::string_view kInjectAnnotation =
    "stateward.dev/inject";  // "none", or a list of groups
// A namespace's label: "true" lets an UPDATE that changes the Pod template be injected into as
// well.
inline constexpr std::string_view kInjectOnUpdateLabel = "stateward.dev/inject-on-update";

// One thing to inject: `entry` is what the record will say ("service-name", "readiness-probe:app").
// Empty, nothing is recorded, and so nothing is put back on UPDATE.
struct Proposal {
  std::string entry;
  Patch patch;
};

struct Injection {
  std::string_view id;     // "inject-service-name"
  std::string_view group;  // what opts out of it in stateward.dev/inject: "service-name", "probes"
  KindSet kinds;
  std::string_view summary;
  std::string_view reason;
  std::string_view exceptions;
  std::string_view sources;
  bool immutable = false;  // the API server refuses an UPDATE without it, so it is always restored,
                           // and proposed first
  bool for_controllers = false;  // also into what the system's own controllers create

  // CREATE: what to inject. `proposed` holds what injections before this one proposed for the same
  // object.
  void (*propose)(const Subject& subject, std::span<const Proposal> proposed,
                  std::vector<Proposal>& out) = nullptr;
  // The place of a recorded entry in `object`, whether or not a value stands there; nullopt where
  // the entry is not ours or its anchor (a container of that name, a port that `value` names) is
  // gone. nullptr where nothing is recorded.
  std::optional<Path> (*place)(std::string_view entry, Node object, Node value) = nullptr;
};

// The annotation stateward.dev/inject lists the groups that may be injected; absent, a label of
// that name on the object's namespace does, where `set` knows it, with dots for commas; absent too,
// all may; "none", nothing. Settings, where there are any, can only take away.
bool injection_wanted(const Object& object, const ObjectSet& set, std::string_view group,
                      const Settings* settings = nullptr);

// Whether `entry` stands in the object's record of what was injected.
bool is_injected(const Object& object, std::string_view entry);

// The patch for one admission request, empty where there is nothing to do. Injecting twice injects
// nothing new.
Patch mutate(std::span<const Injection* const> injections, const Subject& subject);

}  // namespace stateward
