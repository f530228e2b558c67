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
  bool survive_without(std::int64_t gone) const { return count - gone > count / 2; }
};

std::optional<Members> members_of(const Subject& subject) {
  const std::int64_t count = max_replicas(subject.object, subject.set);
  for (const Container& container : StatefulSet{subject.object}.pod_spec().containers()) {
    const KnownImage* image = container.long_running() ? known_image(container) : nullptr;
    if (image != nullptr && image->majority != Majority::none && count > 1)
      return Members{image_repository(container.image()), image->majority, count};
  }
  return std::nullopt;
}

void judge_number(const Members& members, Findings& findings) {
  if (members.majority != Majority::votes || members.count % 2 != 0) return;
  findings
      .add("/spec/replicas", fmt::format("{} members of {} outlive no more losses than {}",
                                         members.count, members.server, members.count - 1))
      .as_info()
      .remedy = "use an odd number of members";
}

// The StatefulSet controller rounds shares down, to no less than one.
void judge_update(const Subject& subject, const Members& members, Findings& findings) {
  const Node written =
      StatefulSet{subject.object}.spec()["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
  const auto gone = scaled(written, members.count, Round::down);
  if (!gone || members.survive_without(std::max<std::int64_t>(1, *gone))) return;
  findings
      .add("/spec/updateStrategy/rollingUpdate/maxUnavailable",
           fmt::format("an update takes {} of {} members of {} at once, and the majority with them",
                       std::min(*gone, members.count), members.count, members.server))
      .remedy = "set maxUnavailable: 1";
}

void judge_budgets(const Subject& subject, const Members& members, Findings& findings) {
  for (const Object* budget : budgets_over(subject.object, subject.set)) {
    const auto gone = disruptions_allowed(*budget, members.count);
    if (!gone || *gone < 2 || members.survive_without(*gone)) continue;
    findings
        .add("/spec/replicas",
             fmt::format("budget \"{}\" lets {} of {} members of {} go at once, a majority",
                         budget->name, std::min(*gone, members.count), members.count,
                         members.server))
        .remedy = "set maxUnavailable: 1 in the budget";
  }
}

void judge_autoscaler(const Subject& subject, const Members& members, Findings& findings) {
  const Object* autoscaler = autoscaler_of(subject.object, subject.set);
  if (autoscaler == nullptr) return;
  findings
      .add("/spec/replicas", fmt::format("autoscaler \"{}\" adds and removes members of {} at will",
                                         autoscaler->name, members.server))
      .remedy = "scale by hand, and let each member join and leave the cluster properly";
}

void check(const Subject& subject, Findings& findings) {
  const auto members = members_of(subject);
  if (!members) return;
  judge_autoscaler(subject, *members, findings);
  constexpr std::int64_t kLeast = 3;  // of two, one is too many already
  if (members->count >= kLeast) {
    judge_update(subject, *members, findings);
    judge_budgets(subject, *members, findings);
  }
  if (autoscaler_of(subject.object, subject.set) == nullptr) judge_number(*members, findings);
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
        "replica. An even number is only mentioned, and only where every member has one vote.",
    .remedy = "use an odd number of members, and let one go at a time",
    .sources =
        "RollingUpdateStatefulSetStrategy.maxUnavailable (apps/v1), KEP-961\n"
        "PodDisruptionBudgetSpec (policy/v1)\n"
        "etcd FAQ: why an odd number of members; ZooKeeper administrator's guide: majorities\n"
        "Which servers: each row of the known images says where it was read",
    .check = check,
};

}  // namespace stateward::policies
