#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  if (subject.object.being_deleted()) return;  // it was let go already
  const StatefulSet set{subject.object};
  if (set.when_deleted() != "Delete" || set.claim_templates().empty()) return;
  if (subject.request != nullptr && subject.request->propagation_policy == "Orphan") return;
  if (data_loss_confirmed(subject.object, subject.today)) return;
  findings.add("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted",
               fmt::format("deleting set \"{}\" with whenDeleted: Delete deletes all of its claims",
                           subject.object.name));
}

}  // namespace

extern const Policy set_delete_destroys_data;
constinit const Policy set_delete_destroys_data{
    .id = "set-delete-destroys-data",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::remove},
    .summary = "Deleting the StatefulSet deletes all of its claims.",
    .reason =
        "The set says whenDeleted: Delete, so the garbage collector deletes every claim of the "
        "set once the set is gone.",
    .exceptions =
        "Deletion with propagationPolicy Orphan; a set that is being deleted already; the "
        "annotation stateward.dev/confirm-data-loss: \"reason\" on the set.",
    .remedy =
        "set whenDeleted: Retain and wait until it is seen, or annotate the set with "
        "stateward.dev/confirm-data-loss: \"reason\"",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy.whenDeleted (apps/v1)\n"
        "KEP-1847",
    .check = check,
};

}  // namespace stateward::policies
