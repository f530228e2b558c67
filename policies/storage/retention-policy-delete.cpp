#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::string_view kPolicyPath = "/spec/persistentVolumeClaimRetentionPolicy";

void judge(std::string_view when, std::string message, Findings& findings) {
  const Path path = Path(kPolicyPath) / when;
  findings.add(path, std::move(message))
      .with_fix(Fix::Applicability::unsafe,
                {{.op = PatchOperation::Op::replace, .path = path, .value = "\"Retain\""}});
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  if (set.claim_templates().empty()) return;
  if (data_loss_confirmed(subject.object, subject.today)) return;
  if (set.when_scaled() == "Delete") {
    const Object* autoscaler = autoscaler_of(subject.object, subject.set);
    judge("whenScaled",
          autoscaler == nullptr
              ? "whenScaled: Delete, so scaling down deletes the claims of the replicas that go"
              : fmt::format("whenScaled: Delete, and autoscaler \"{}\" scales down by itself",
                            autoscaler->name),
          findings);
  }
  if (set.when_deleted() == "Delete") {
    judge("whenDeleted", "whenDeleted: Delete, so deleting the set deletes all of its claims",
          findings);
  }
}

}  // namespace

extern const Policy retention_policy_delete;
constinit const Policy retention_policy_delete{
    .id = "retention-policy-delete",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A StatefulSet deletes its claims when it is scaled down or deleted.",
    .reason =
        "With whenScaled: Delete every scale-down, also an autoscaler's or one to zero, deletes "
        "the claims of the ordinals that go. With whenDeleted: Delete, deleting the set deletes "
        "them all. Claims made by hand under the same names go too. What a volume held is gone "
        "unless its reclaim policy is Retain.",
    .exceptions =
        "The annotation stateward.dev/confirm-data-loss: \"reason; until 2027-01-31\" on the "
        "set.",
    .remedy =
        "set it to Retain, or confirm with the annotation stateward.dev/confirm-data-loss: "
        "\"reason\"",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy (apps/v1)\n"
        "KEP-1847",
    .check = check,
};

}  // namespace stateward::policies
