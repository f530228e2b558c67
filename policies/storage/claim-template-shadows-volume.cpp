#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const PodSpec pod = set.pod_spec();
  std::size_t index = 0;
  for (const Node volume : pod.volumes().items()) {
    const std::size_t at = index++;
    const std::string_view name = volume["name"].text();
    if (name.empty() || !set.has_claim_template(name)) continue;
    Finding& finding = findings.add(
        Path(pod.path) / "volumes" / at / "name",
        fmt::format("volume \"{}\" is never mounted: a claim template of that name takes its place",
                    name));
    // It stands for the template itself: nothing is lost with it, and under another name it would
    // be a claim that nobody makes.
    if (volume["persistentVolumeClaim"]["claimName"].text() == name)
      finding.as_info().remedy = "remove the volume: the claim template is enough";
  }
}

}  // namespace

extern const Policy claim_template_shadows_volume;
constinit const Policy claim_template_shadows_volume{
    .id = "claim-template-shadows-volume",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "A claim template has the name of a volume of the Pod template.",
    .reason =
        "The claim takes the volume's place in every Pod, and what the volume named is never "
        "mounted. Nothing says so.",
    .exceptions =
        "A volume that is a claim by the template's own name, which stands for the template "
        "itself, "
        "is no more than a note.",
    .remedy = "remove the volume, or give it another name",
    .sources =
        "StatefulSetSpec.volumeClaimTemplates (apps/v1): \"A claim in this list takes precedence "
        "over any volumes in the template, with the same name\"",
    .check = check,
};

}  // namespace stateward::policies
