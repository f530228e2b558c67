#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::string_view kPolicyPath = "/spec/persistentVolumeClaimRetentionPolicy";

// Ends of names by which authors say that a volume holds what is on its way, or can be had again.
constexpr std::array<std::string_view, 8> kPassing = {"buffer", "cache",   "queue", "scratch",
                                                      "spool",  "staging", "tmp",   "wal"};

// Whether every claim says so of itself, and no server is known that keeps its data there.
bool holds_what_passes(const StatefulSet& set) {
  const auto claims = set.claim_templates();
  const auto containers = set.pod_spec().containers();
  return std::all_of(claims.begin(), claims.end(),
                     [](const ClaimTemplate& claim) {
                       const std::string_view name = claim.name();
                       const std::string_view end = name.substr(name.rfind('-') + 1);
                       return std::find(kPassing.begin(), kPassing.end(), end) != kPassing.end();
                     }) &&
         std::none_of(containers.begin(), containers.end(), [](const Container& container) {
           const KnownImage* image = known_repository(container);
           return image != nullptr && !image->data_paths.front().empty();
         });
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  if (set.claim_templates().empty()) return;
  if (data_loss_confirmed(subject.object, subject.today)) return;
  const bool mild = holds_what_passes(set);
  const auto judge = [&](std::string_view when, std::string message) {
    const Path path = Path(kPolicyPath) / when;
    Finding& finding = findings.add(path, std::move(message));
    finding.with_fix(Fix::Applicability::unsafe,
                     {{.op = PatchOperation::Op::replace, .path = path, .value = "\"Retain\""}});
    if (mild) finding.severity = Severity::low;
  };
  if (set.when_scaled() == "Delete") {
    const Object* autoscaler = autoscaler_of(subject.object, subject.set);
    judge("whenScaled",
          autoscaler == nullptr
              ? "whenScaled: Delete, so scaling down deletes the claims of the replicas that go"
              : fmt::format("whenScaled: Delete, and autoscaler \"{}\" scales down by itself",
                            autoscaler->name));
  }
  if (set.when_deleted() == "Delete")
    judge("whenDeleted", "whenDeleted: Delete, so deleting the set deletes all of its claims");
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
        "set. Of low severity where all claims say by their names that they hold what passes (a "
        "name that ends with queue, buffer, cache, wal, spool, scratch, staging or tmp), and "
        "the image is not one that is known to keep its data there.",
    .remedy =
        "set it to Retain, or confirm with the annotation stateward.dev/confirm-data-loss: "
        "\"reason\"",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy (apps/v1)\n"
        "KEP-1847",
    .check = check,
};

}  // namespace stateward::policies
