#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "engine/budget.h"
#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/scaled.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

struct Members {
  std::string_view server;  // "etcd"
  Majority majority = Majority::none;
  std::int64_t count = 0;

  // Of two, one is too many already: nobody asks more of them.
  bool are_lost_without(std::int64_t gone) const { return count > 2 && count - gone <= count / 2; }
  std::string how_many(std::int64_t gone) const {
    return fmt::format("{} of {} members of {}", std::min(gone, count), count, server);
  }
};

std::optional<Members> members_of(const Subject& subject) {
  const StatefulSet set{subject.object};
  const std::int64_t count = max_replicas(subject.object, subject.set);
  for (const Container& container : set.pod_spec().containers()) {
    const KnownImage* image = container.long_running() ? known_image(container) : nullptr;
    if (image == nullptr || image->majority == Majority::none || count < 2) continue;
    if (image->majority == Majority::copies && set.claim_templates().empty()) continue;
    return Members{image_repository(container.image()), image->majority, count};
  }
  return std::nullopt;
}

// The StatefulSet controller rounds shares down, to no less than one.
void judge_update(const Subject& subject, const Members& members, Findings& findings) {
  const auto gone =
      scaled(subject.object.spec()["updateStrategy"]["rollingUpdate"]["maxUnavailable"],
             members.count, Round::down);
  // Who sends a set or keeps it would have dropped the field by now.
  const bool dropped =
      subject.point == EnforcementPoint::validate && drops_max_unavailable(subject.kubernetes);
  if (dropped || !gone || !members.are_lost_without(std::max<std::int64_t>(1, *gone))) return;
  findings
      .add("/spec/updateStrategy/rollingUpdate/maxUnavailable",
           fmt::format("an update takes {} at once: no majority stays", members.how_many(*gone)))
      .remedy = "set maxUnavailable: 1";
}

void judge_budgets(const Subject& subject, const Members& members, Findings& findings) {
  for (const Object* budget : budgets_over(subject.object, subject.set)) {
    const auto gone = disruptions_allowed(*budget, members.count);
    if (!gone || !members.are_lost_without(*gone)) continue;
    findings
        .add("/spec/replicas", fmt::format("budget \"{}\" lets {} go at once: no majority stays",
                                           budget->name, members.how_many(*gone)))
        .remedy = "set maxUnavailable: 1 in the budget";
  }
}

// Who scales by hand is told of the number, who has it scaled of that.
void judge_number(const Subject& subject, const Members& members, Findings& findings) {
  if (const Object* autoscaler = autoscaler_of(subject.object, subject.set)) {
    findings
        .add("/spec/replicas",
             fmt::format("autoscaler \"{}\" adds and removes members of {} at will",
                         autoscaler->name, members.server))
        .remedy = "scale by hand, and let each member join and leave the cluster properly";
    return;
  }
  if (members.majority != Majority::votes || members.count % 2 != 0) return;
  findings
      .add("/spec/replicas", fmt::format("{} members of {} survive no more losses than {}",
                                         members.count, members.server, members.count - 1))
      .as_info()
      .remedy = "use an odd number of members";
}

void check(const Subject& subject, Findings& findings) {
  const auto members = members_of(subject);
  if (!members) return;
  judge_update(subject, *members, findings);
  judge_budgets(subject, *members, findings);
  judge_number(subject, *members, findings);
}

}  // namespace

extern const Policy unsafe_quorum;
constinit const Policy unsafe_quorum{
    .id = "unsafe-quorum",
    .section = "availability",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A cluster that lives by majority may lose it on purpose.",
    .reason =
        "Servers that agree by majority stop when half of them are gone: an update or a drain that "
        "takes as many at once ends the service, not a member. A member that an autoscaler removes "
        "still counts as lost, until somebody tells the others, and one that it adds was not asked "
        "for. An even number only adds a member that may fail.",
    .exceptions =
        "Images that are not known to live by majority, or run a command of their own; one "
        "replica; servers that keep copies, in sets without claims. Two members, of which each is "
        "one too many, and an even number where each member has one vote are only mentioned. "
        "An update's maxUnavailable in manifests for a release that drops it: "
        "unsupported-max-unavailable says so.",
    .remedy = "use an odd number of members, and let one go at a time",
    .sources =
        "RollingUpdateStatefulSetStrategy.maxUnavailable (apps/v1), KEP-961\n"
        "PodDisruptionBudgetSpec (policy/v1)\n"
        "etcd FAQ: why an odd number of members; ZooKeeper administrator's guide: majorities\n"
        "Which servers: each row of the known images says where it was read",
    .check = check,
};

}  // namespace stateward::policies
