// Judging: policies look at a subject and state findings. Nothing is dropped here; what becomes of
// a finding is decided by decide() and by the reports.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/policy.h"

namespace stateward {

struct Skipped {
  const Policy* policy = nullptr;
  const Object* object = nullptr;
  std::string_view reason;
};

struct Evaluation {
  std::vector<Finding> findings;  // by policy in catalogue order, then as stated
  std::vector<Skipped> skipped;
};

// Why `policy` can say nothing from `set` at `point`; empty where it can, or where it would not be
// asked. Such a policy is skipped.
std::string_view missing_knowledge(const Policy& policy, const ObjectSet& set,
                                   EnforcementPoint point);

// Judges one subject. On UPDATE the old object is judged too and findings that it has as well are
// marked `existed` (the ratchet; compared by policy and named path). Objects owned by a controller
// have their findings lowered to audit unless a person asks. Findings that follow from others are
// marked `implied_by`. Objects being deleted have nothing found but
// what DELETE is about. System actors are not judged. Of what a policy
// finds in one object the thousand strictest are kept.
Evaluation evaluate(std::span<const Policy* const> policies, const Subject& subject);

}  // namespace stateward
