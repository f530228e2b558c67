#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  if (set.partition() <= 0 || set.update_strategy() != "RollingUpdate") return;
  const Path path = "/spec/updateStrategy/rollingUpdate/partition";
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  if (set.partition() >= replicas) {
    findings.add(path, fmt::format("partition {} with {} replicas: no member is ever updated",
                                   set.partition(), replicas));
  } else if (subject.old != nullptr &&
             !equal(subject.old->spec()["template"], set.spec()["template"])) {
    findings
        .add(path, fmt::format("the new template reaches ordinals from {} on only",
                               set.first_ordinal() + set.partition()))
        .as_info();
  }
}

}  // namespace

extern const Policy partition_blocks_update;
constinit const Policy partition_blocks_update{
    .id = "partition-blocks-update",
    .section = "rollout",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The partition is so high that no member is ever updated.",
    .reason =
        "Only ordinals from the partition on are updated. At or above the number of replicas "
        "there are none: a new template does nothing, and a member that is deleted comes back at "
        "the old revision.",
    .exceptions = "Partition 0; a partition that an autoscaler's maximum still exceeds.",
    .remedy = "lower the partition, down to 0 when the rollout is to be finished",
    .sources =
        "RollingUpdateStatefulSetStrategy.partition (apps/v1)\n"
        "kubernetes/kubernetes#128529: it counts from the first ordinal",
    .check = check,
};

}  // namespace stateward::policies
