#include <string>

#include "engine/injection.h"
#include "engine/retention.h"

namespace stateward::policies {
namespace {

constexpr std::string_view kGroup = "retention-labels";

void append_member(std::string& map, const ClaimLabel& label) {
  map += map.empty() ? '{' : ',';
  append_json_string(map, label.key);
  map += ':';
  append_json_string(map, label.value);
}

// A claim is made by the StatefulSet controller, before any owner reference: its name alone tells
// whose it is. Nothing is recorded, for what is lost later the controller puts back.
void propose(const Subject& subject, std::span<const Proposal>, std::vector<Proposal>& out) {
  const Object& claim = subject.object;
  const auto labels = retention_labels(claim, subject.set);
  if (!labels) return;
  const Object* owner =
      subject.set.find(Kind::stateful_set, claim.name_space, labels->front().value);
  if (owner == nullptr || !injection_wanted(*owner, subject.set, kGroup, subject.settings)) return;
  const Node present = claim.metadata()["labels"];
  Patch patch;
  std::string whole;
  for (const ClaimLabel& label : *labels) {
    if (present[label.key].text() == label.value) continue;
    std::string value;
    append_json_string(value, label.value);
    patch.push_back({.op = PatchOperation::Op::add,
                     .path = Path("/metadata/labels") / label.key,
                     .value = std::move(value)});
    append_member(whole, label);
  }
  if (patch.empty()) return;
  if (!present.is_map()) patch = set_member(claim.node, "/metadata", "labels", whole + "}");
  out.push_back({.patch = std::move(patch)});
}

}  // namespace

extern const Injection inject_retention_labels;
constinit const Injection inject_retention_labels{
    .id = "inject-retention-labels",
    .group = kGroup,
    .kinds = {Kind::claim},
    .summary =
        "Labels a new claim of a StatefulSet with its set, its template, its ordinal and what the "
        "set's retention policy does with it.",
    .reason =
        "A claim outlives its set by default, and its name alone does not say whose it was: "
        "data-a-b-0 may be of set b or of set a-b. The labels tell backups and people which claims "
        "belong together and when they go. They stand on the claim, where metadata can always be "
        "changed, and not in volumeClaimTemplates, which are immutable.",
    .exceptions =
        "Claims whose name no known set gives, or two do. The annotation stateward.dev/inject of "
        "the claim or of its set opts out. Claims that exist already are labelled by the "
        "controller.",
    .sources =
        "StatefulSetSpec.volumeClaimTemplates (apps/v1): claims are named "
        "<template>-<set>-<ordinal>\n"
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy (apps/v1), KEP-1847",
    .for_controllers = true,
    .propose = propose,
};

}  // namespace stateward::policies
