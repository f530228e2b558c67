#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/request.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// What goes: the claims of ordinals [wanted, present) of the live set.
void judge(const Subject& subject, const Object& live, std::int64_t wanted, Findings& findings) {
  const StatefulSet set{live};
  const auto templates = set.claim_templates();
  const std::int64_t present = subject.old->spec()["replicas"].integer(1);
  if (wanted >= present || templates.empty()) return;
  if (parse_consent(live.annotation("stateward.dev/confirm-data-loss"), subject.today)) return;
  const std::int64_t first = set.first_ordinal() + wanted;
  const std::int64_t last = set.first_ordinal() + present - 1;
  const std::string of = fmt::format("{}-{}", templates.front().name(), live.name);
  const std::string claims = first == last
                                 ? fmt::format("claim {}-{}", of, first)
                                 : fmt::format("claims {0}-{1} to {0}-{2}", of, first, last);
  findings.add("/spec/replicas",
               fmt::format("from {} to {} replicas with whenScaled: Delete: {} will be deleted",
                           present, wanted, claims));
}

void check(const Subject& subject, Findings& findings) {
  if (subject.old == nullptr) return;
  const std::int64_t wanted = subject.object.spec()["replicas"].integer(1);
  if (subject.object.kind == Kind::stateful_set) {
    // The controller acts on what is stored, which is the new policy; consent must have stood there
    // before.
    if (StatefulSet{subject.object}.when_scaled() == "Delete")
      judge(subject, *subject.old, wanted, findings);
    return;
  }
  const Object* live =
      subject.set.find(Kind::stateful_set, subject.object.name_space, subject.object.name);
  if (live != nullptr && StatefulSet{*live}.when_scaled() == "Delete")
    judge(subject, *live, wanted, findings);
}

}  // namespace

extern const Policy scale_down_destroys_data;
constinit const Policy scale_down_destroys_data{
    .id = "scale-down-destroys-data",
    .section = "storage",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::old_object,
    .kinds = {Kind::stateful_set, Kind::scale},
    .operations = {Operation::update},
    .summary = "A scale-down deletes the claims of the replicas that go.",
    .reason =
        "The live set says whenScaled: Delete, so the claims of the removed ordinals are deleted "
        "as soon "
        "as their Pods are gone. Scaling up again starts those members on empty volumes.",
    .exceptions =
        "The annotation stateward.dev/confirm-data-loss: \"reason\" on the live set; an update "
        "that sets "
        "whenScaled: Retain at the same time. The autoscaler is warned, never denied.",
    .remedy =
        "set whenScaled: Retain first, or annotate the live set with "
        "stateward.dev/confirm-data-loss: "
        "\"reason\"",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy.whenScaled (apps/v1)\n"
        "KEP-1847",
    .check = check,
};

}  // namespace stateward::policies
