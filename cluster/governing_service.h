// What becomes of the Service that StatefulSets name as their own: a pure decision from what is
// known of one namespace. A Service that we did not make is never touched.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/object.h"
#include "engine/object_set.h"

namespace stateward {

class Settings;

inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManager = "stateward";
inline constexpr std::string_view kGovernsLabel = "stateward.dev/governs";
// Installers create Services after sets; so long a name that the user gave is left to them.
inline constexpr std::chrono::seconds kLeftToInstallers{30};

struct ServiceStep {
  enum class Action : std::uint8_t {
    none,    // it is as it should be, or none of our business
    wait,    // create it at `due`, if nobody has by then
    create,  // it is missing
    update,  // it is ours, and the sets have changed
    report,  // it is not ours and does not do what the sets need, or cannot be made
  };
  Action action = Action::none;
  std::string name;  // of the Service
  std::string body;  // create: the Service; update: a merge patch of metadata and spec
  std::chrono::sys_seconds due;
  std::string reason;  // of an Event: "GoverningServiceNotHeadless"
  std::string message;
  std::vector<const Object*> sets;  // those that name it
};

// One step for each Service that a set of `name_space` names. Passed over are sets that are being
// deleted, that an operator owns, or that opted out (stateward.dev/inject on the set or, as a
// label, on its namespace).
std::vector<ServiceStep> govern(std::string_view name_space, const ObjectSet& set,
                                std::chrono::sys_seconds now, const Settings* settings = nullptr);

// Whether we made it, and have not let it go.
bool is_our_service(Node service);
// Whether the live Service's spec is also written by somebody else (metadata.managedFields): then
// it is let go.
bool has_other_owner(Node service);
// The merge patch that lets it go: our labels and our ownerReferences are taken off, all else
// stays.
std::string letting_go(Node service);

}  // namespace stateward
