#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const std::int64_t replicas = max_replicas(subject.object, subject.set);
  if (replicas <= 1) return;
  for (const ClaimTemplate& claim : StatefulSet{subject.object}.claim_templates()) {
    const std::string_view volume = claim.spec()["volumeName"].text();
    if (volume.empty()) continue;
    const Path path = claim.path() / "spec" / "volumeName";
    findings
        .add(path, fmt::format(
                       "the claims of {} replicas all want volume \"{}\", and one of them gets it",
                       replicas, volume))
        .with_fix(Fix::Applicability::unsafe, {{.op = PatchOperation::Op::remove, .path = path}});
  }
}

}  // namespace

extern const Policy claim_template_pins_volume;
constinit const Policy claim_template_pins_volume{
    .id = "claim-template-pins-volume",
    .section = "storage",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "A claim template asks for one volume by name, for every replica.",
    .reason =
        "A volume binds one claim. The first replica's claim gets it; every other claim of the "
        "template waits for ever, and its Pod with it.",
    .exceptions = "One replica at most.",
    .remedy =
        "drop volumeName; to bring existing volumes, reserve each for its claim with the "
        "volume's claimRef",
    .sources = "PersistentVolumeClaimSpec.volumeName (core/v1)",
    .check = check,
};

}  // namespace stateward::policies
