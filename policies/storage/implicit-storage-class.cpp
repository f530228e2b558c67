#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool is_default(const Object& storage_class) {
  return storage_class.annotation("storageclass.kubernetes.io/is-default-class") == "true" ||
         storage_class.annotation("storageclass.beta.kubernetes.io/is-default-class") == "true";
}

// Among manifests there may be classes, and the default be the cluster's own; a cluster without any
// class has volumes made by hand.
bool lacks_default(const Subject& subject) {
  if (subject.point == EnforcementPoint::validate || !subject.set.complete()) return false;
  const auto classes = subject.set.all(Kind::storage_class, {});
  return !classes.empty() &&
         std::none_of(classes.begin(), classes.end(),
                      [](const Object* storage_class) { return is_default(*storage_class); });
}

// Of a claim or a claim template: neither a class nor a volume is asked for.
bool leaves_class_open(Node claim) {
  const Node spec = claim["spec"];
  const Node annotations = claim["metadata"]["annotations"];
  return !spec["storageClassName"].exists() &&
         !annotations["volume.beta.kubernetes.io/storage-class"].exists() &&
         !spec["volumeName"].exists() && !spec["selector"].exists();
}

// `name` as in "claim "data"", `spec` its place.
void tell_of_class(const Subject& subject, std::string_view name, const Path& spec,
                   Findings& findings) {
  const Path path = spec / "storageClassName";
  if (!lacks_default(subject)) {
    findings.add(path,
                 fmt::format("{} names no storage class: the cluster's default decides", name));
    return;
  }
  Finding& finding = findings.add(
      path, fmt::format("{} names no storage class, and the cluster has no default", name));
  finding.severity = Severity::medium;
  finding.with_action(EnforcementAction::warn);
}

// Of a claim template: each replica's claim is its own.
void judge_modes(const ClaimTemplate& claim_template, Findings& findings) {
  const AccessModes modes = access_modes(claim_template.spec());
  const auto path = [&] { return claim_template.path() / "spec" / "accessModes"; };
  if (modes.read_write_many) {
    findings
        .add(path(),
             fmt::format("claim template \"{}\" is ReadWriteMany, and each of its claims is "
                         "one replica's own",
                         claim_template.name()))
        .as_info()
        .remedy = "ReadWriteOnce, or ReadWriteOncePod, is enough and more classes have it";
  }
  const bool filled = claim_template.spec()["dataSource"].exists() ||
                      claim_template.spec()["dataSourceRef"].exists();
  if (!modes.read_only_many || modes.read_write_many || modes.read_write_once ||
      modes.read_write_once_pod || filled)
    return;
  Finding& finding = findings.add(
      path(), fmt::format("claim template \"{}\" is ReadOnlyMany, so nothing can be written to its "
                          "new volumes",
                          claim_template.name()));
  finding.severity = Severity::medium;
  finding.with_action(EnforcementAction::warn);
  finding.remedy = "ask for ReadWriteOnce or ReadWriteOncePod";
}

void check_claim(const Subject& subject, Findings& findings) {
  const Object& claim = subject.object;
  if (claim.being_deleted() || !leaves_class_open(claim.node)) return;
  tell_of_class(subject, claim.name.empty() ? "the claim" : fmt::format("claim \"{}\"", claim.name),
                "/spec", findings);
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.kind == Kind::claim) return check_claim(subject, findings);
  for (const ClaimTemplate& claim_template : StatefulSet{subject.object}.claim_templates()) {
    if (leaves_class_open(claim_template.node)) {
      tell_of_class(subject, fmt::format("claim template \"{}\"", claim_template.name()),
                    claim_template.path() / "spec", findings);
    }
    judge_modes(claim_template, findings);
  }
}

}  // namespace

extern const Policy implicit_storage_class;
constinit const Policy implicit_storage_class{
    .id = "implicit-storage-class",
    .section = "storage",
    .severity = Severity::low,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .kinds = {Kind::stateful_set, Kind::claim},
    .operations = {Operation::create},
    .summary = "What becomes of the data is left to the cluster's default storage class.",
    .reason =
        "Without a class the cluster's default decides where volumes are made, whether they may "
        "grow and whether they are deleted with their claims; where there is none, claims stay "
        "Pending, and the default may be another one tomorrow. Where it is known that there is "
        "none, this is a warning; so is a claim template that is only ReadOnlyMany.",
    .exceptions =
        "A class named by the older annotation, or \"\"; claims for one volume by name or "
        "selector; ReadOnlyMany claims that are filled from a snapshot or another claim.",
    .remedy = "name a storage class",
    .sources =
        "PersistentVolumeClaimSpec.storageClassName, .accessModes (core/v1)\n"
        "Kubernetes documentation: Storage Classes, default StorageClass\n"
        "pkg/apis/storage/util of v1.37.1: both annotations mark a default",
    .check = check,
};

}  // namespace stateward::policies
