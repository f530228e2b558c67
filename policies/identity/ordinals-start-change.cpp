#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Then scale-down-destroys-data tells which claims go with the members.
bool deletes_claims(const Subject& subject) {
  return StatefulSet{subject.object}.when_scaled() == "Delete" &&
         !StatefulSet{*subject.old}.claim_templates().empty() &&
         !data_loss_confirmed(*subject.old, subject.today);
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet before{*subject.old};
  const StatefulSet after{subject.object};
  if (before.first_ordinal() == after.first_ordinal() || deletes_claims(subject)) return;
  const std::int64_t kept =
      std::max<std::int64_t>(0, std::min(before.first_ordinal() + before.replicas(),
                                         after.first_ordinal() + after.replicas()) -
                                    std::max(before.first_ordinal(), after.first_ordinal()));
  const std::int64_t gone = before.replicas() - kept;
  const std::int64_t fresh = after.replicas() - kept;
  // A slice that only leaves, or only arrives, is how a set is moved to another.
  if (gone <= 0 || fresh <= 0) return;
  findings.add(
      "/spec/ordinals/start",
      fmt::format("starting at ordinal {}, not {}, deletes {} of {} members and starts {} "
                  "others without their data",
                  after.first_ordinal(), before.first_ordinal(), gone, before.replicas(), fresh));
}

}  // namespace

extern const Policy ordinals_start_change;
constinit const Policy ordinals_start_change{
    .id = "ordinals-start-change",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::deny,
    .needs = Needs::old_object,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::update},
    .summary = "An update moves the ordinals of a set that has members.",
    .reason =
        "Members are not renamed: those whose ordinal is outside the new window are deleted, and "
        "new ones start at its other end on claims of their own, which are empty or hold what an "
        "earlier member of that ordinal left. A rolling update's partition moves too, for it is "
        "counted from the start.",
    .exceptions =
        "Members that only leave, or only arrive: a set that is moved to another, slice by slice. "
        "With whenScaled: Delete and claim templates, scale-down-destroys-data denies it.",
    .remedy = "keep ordinals.start, or move the set slice by slice with whenScaled: Retain",
    .sources =
        "StatefulSetSpec.ordinals (apps/v1)\n"
        "KEP-3335; pkg/controller/statefulset: getStartOrdinal, newVersionedStatefulSetPod "
        "(kubernetes/kubernetes v1.36.3)",
    .check = check,
};

}  // namespace stateward::policies
