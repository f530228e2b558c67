// The decision about one review: a pure function of the review, what is known and the day. No API
// call, no clock, no log. The four doors are the paths of the registrations; what a door may answer
// follows from its name alone.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/injection.h"
#include "engine/object_set.h"
#include "engine/policy.h"
#include "webhook/review.h"

namespace stateward {

enum class Door : std::uint8_t {
  mutate,    // injects; denies nothing
  validate,  // policies as they are
  observe,   // policies, and nothing is denied
  guard,     // policies' guarded actions; what cannot be judged is denied
};
std::string_view path_of(Door door);  // "/validate/guard"
std::optional<Door> door_of(std::string_view path);

// What is judged with; it must outlive the answer.
struct Judgement {
  std::span<const Policy* const> policies;
  std::span<const Injection* const> injections;
  const ObjectSet& set;
  Date today;
  KubernetesVersion kubernetes = kLatestKubernetes;
  const Settings* settings = nullptr;  // absent: the defaults
};

struct Answer {
  AdmissionResponse response;
  std::vector<std::string_view> denied_by;  // policy ids; empty where no policy denied
  std::optional<Awaited> awaits;            // the answer may be another once that object is known
};

// Judged are the objects of known kinds and statefulsets/scale. All else is allowed as it is:
// evictions (drains never wait for us), other subresources, unknown kinds, CONNECT. dryRun changes
// nothing. An object that the API server's decoder would have refused, or that is not what the
// review calls it, is answered as answer(Refusal) has it.
Answer answer(const Review& review, Door door, const Judgement& judgement);

// What is not judged: the guard denies it, the others allow it unchanged and warn.
Answer answer(const Refusal& refusal, Door door);

}  // namespace stateward
