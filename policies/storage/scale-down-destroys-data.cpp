#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

struct Window {  // of ordinals; `end` is the first that is not in it
  std::int64_t first = 0;
  std::int64_t end = 0;
};

// As a shell would spell them: "claims data-ledger-{1..2}", "claims {data,wal}-ledger-2".
std::string claims_of(const Object& set, Window gone) {
  const auto templates = StatefulSet{set}.claim_templates();
  std::string names(templates.front().name());
  for (std::size_t i = 1; i < templates.size(); ++i)
    names += fmt::format(",{}", templates[i].name());
  if (templates.size() > 1) names = fmt::format("{{{}}}", names);
  const bool one = gone.end - gone.first == 1;
  const std::string ordinals =
      one ? fmt::format("{}", gone.first) : fmt::format("{{{}..{}}}", gone.first, gone.end - 1);
  return fmt::format("{} {}-{}-{}", one && templates.size() == 1 ? "claim" : "claims", names,
                     set.name, ordinals);
}

void judge(const Object& live, Window before, Window after, Findings& findings) {
  const Window low{before.first, std::min(before.end, after.first)};
  const Window high{std::max(before.first, after.end), before.end};
  const std::int64_t present = before.end - before.first;
  const std::int64_t wanted = after.end - after.first;
  for (const Window gone : {low, high}) {
    if (gone.first >= gone.end) continue;
    const std::string claims = claims_of(live, gone);
    if (wanted < present && gone.end == before.end) {
      findings.add("/spec/replicas",
                   fmt::format("scaling from {} to {} replicas deletes {} (whenScaled: Delete)",
                               present, wanted, claims));
    } else {
      findings.add("/spec/ordinals/start",
                   fmt::format("starting at ordinal {}, not {}, deletes {} (whenScaled: Delete)",
                               after.first, before.first, claims));
    }
  }
}

void check(const Subject& subject, Findings& findings) {
  if (subject.old == nullptr) return;
  const Object& wanted = subject.object;
  const bool scale = wanted.kind == Kind::scale;
  const Object* live =
      scale ? subject.set.find(Kind::stateful_set, wanted.name_space, wanted.name) : subject.old;
  if (live == nullptr) return;
  // The controller acts on the policy that is stored then. Consent must have stood there before.
  const StatefulSet stored{scale ? *live : wanted};
  if (stored.when_scaled() != "Delete" || StatefulSet{*live}.claim_templates().empty()) return;
  if (data_loss_confirmed(*live, subject.today)) return;
  const auto window = [scale](const Object& counted, std::int64_t first) {
    // A Scale leaves out 0, a set 1.
    return Window{first, first + counted.spec()["replicas"].integer(scale ? 0 : 1)};
  };
  judge(*live, window(*subject.old, StatefulSet{*live}.first_ordinal()),
        window(wanted, stored.first_ordinal()), findings);
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
        "The set says whenScaled: Delete, so the claims of every ordinal that goes, by fewer "
        "replicas or by another ordinals.start, are deleted with its Pod. Scaling up again "
        "starts those members on empty volumes.",
    .exceptions =
        "The annotation stateward.dev/confirm-data-loss: \"reason\" on the live set; an update "
        "that sets whenScaled: Retain at the same time. The autoscaler is warned, never denied.",
    .remedy =
        "set whenScaled: Retain first, or annotate the live set with "
        "stateward.dev/confirm-data-loss: \"reason\"",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy.whenScaled (apps/v1)\n"
        "StatefulSetSpec.ordinals.start (apps/v1)\n"
        "KEP-1847",
    .check = check,
};

}  // namespace stateward::policies
