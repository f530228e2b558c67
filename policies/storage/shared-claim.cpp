// Which volumes count: those that name a claim in the pod template, for all replicas mount that one
// and the same. One that no container mounts counts as well: it is attached to each Pod's node all
// the same, and whoever mounts it later writes to it.

#include <fmt/format.h>

#include <optional>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::string_view kOwnClaims =
    "give each replica its own claim with volumeClaimTemplates, or share one that is ReadWriteMany";

constexpr std::string_view kUnknownChoices[] = {"deny", "warn"};
constexpr Parameter kParameters[] = {
    {.name = "unknown",
     .description = "What a claim that is not known is worth: warn, where claims are declared "
                    "elsewhere",
     .choices = kUnknownChoices}};

struct Sharing {
  Path path;  // of the claim's name in the set, or of the wanted number in a Scale
  std::string_view claim;
  std::int64_t replicas = 0;
  bool read_only = false;
};

std::string where_looked(const Subject& subject) {
  if (subject.point == EnforcementPoint::validate) return ", which is not among the given files";
  if (!subject.set.complete()) return ", which is not known here";
  return fmt::format("; there is no such claim in namespace {}", subject.object.name_space);
}

void judge_unknown(const Subject& subject, const Sharing& sharing, Findings& findings) {
  Finding& finding =
      findings.add(sharing.path, fmt::format("{} replicas share claim \"{}\"{}", sharing.replicas,
                                             sharing.claim, where_looked(subject)));
  if (chosen(subject, kParameters[0]) == "warn") finding.at_most(EnforcementAction::warn);
  finding.awaits = Awaited{.kind = Kind::claim, .name = std::string(sharing.claim)};
  finding.remedy =
      fmt::format("{}; if it is, create it first, or give its manifest too", kOwnClaims);
}

void judge(const Subject& subject, const Sharing& sharing, Findings& findings) {
  const Object* claim = subject.set.find(Kind::claim, subject.object.name_space, sharing.claim);
  if (claim == nullptr) return judge_unknown(subject, sharing, findings);
  const AccessModes modes = access_modes(claim->spec());
  if (modes.read_write_many || (modes.read_only_many && sharing.read_only)) return;
  const std::string_view mode = modes.read_write_once_pod ? "ReadWriteOncePod: one Pod"
                                : modes.read_write_once   ? "ReadWriteOnce: one node"
                                : modes.read_only_many ? "ReadOnlyMany, and mounted to be written"
                                                       : "of no mode that can be shared";
  Finding& finding =
      findings.add(sharing.path, fmt::format("{} replicas share claim \"{}\", which is {}",
                                             sharing.replicas, sharing.claim, mode));
  // Nothing is written over, but the other nodes' Pods do not start.
  if (sharing.read_only && modes.read_write_once) finding.at_most(EnforcementAction::warn);
}

void judge_set(const Subject& subject, const Object& object, std::int64_t replicas,
               const std::optional<Path>& place, Findings& findings) {
  if (replicas <= 1) return;
  const StatefulSet set{object};
  const PodSpec pod = set.pod_spec();
  for (const ClaimVolume& volume : claim_volumes(pod)) {
    if (set.has_claim_template(volume.volume["name"].text())) continue;
    judge(subject,
          {place.value_or(volume.path), volume.claim, replicas, is_read_only(pod, volume.volume)},
          findings);
  }
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.kind == Kind::stateful_set) {
    return judge_set(subject, subject.object, max_replicas(subject.object, subject.set),
                     std::nullopt, findings);
  }
  // statefulsets/scale: the set itself is known only to the inventory. Fewer replicas share no more
  // than before.
  const Object* set =
      subject.set.find(Kind::stateful_set, subject.object.name_space, subject.object.name);
  const std::int64_t wanted = subject.object.spec()["replicas"].integer(0);
  if (set == nullptr ||
      (subject.old != nullptr && wanted <= subject.old->spec()["replicas"].integer(0)))
    return;
  judge_set(subject, *set, wanted, Path("/spec/replicas"), findings);
}

}  // namespace

extern const Policy shared_claim;
constinit const Policy shared_claim{
    .id = "shared-claim",
    .section = "storage",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set, Kind::scale},
    .operations = {Operation::create, Operation::update},
    .summary = "All replicas of a StatefulSet mount one and the same claim.",
    .reason =
        "A claim named in the pod template is one volume for every replica. ReadWriteOnce "
        "attaches to one node: Pods on others hang in ContainerCreating, and on a single node "
        "all start and write over each other's files. ReadWriteOncePod leaves the second Pod "
        "unschedulable for ever. Replicas count to the largest number that an autoscaler may ask "
        "for.",
    .exceptions =
        "One replica at most; a claim known to be ReadWriteMany, or ReadOnlyMany and mounted "
        "read-only; a claim template of the volume's name, which takes its place; ephemeral "
        "volumes.",
    .remedy =
        "give each replica its own claim with volumeClaimTemplates, or share one that is "
        "ReadWriteMany",
    .sources =
        "PersistentVolumeClaimVolumeSource.claimName, PersistentVolumeClaimSpec.accessModes "
        "(core/v1)\n"
        "KEP-2485: ReadWriteOncePod",
    .parameters = kParameters,
    .check = check,
};

}  // namespace stateward::policies
