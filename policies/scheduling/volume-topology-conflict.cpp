#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "engine/affinity.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Provisioners whose volumes can be attached in one zone only, unless told otherwise.
constexpr auto kZonal = std::to_array<std::string_view>({
    "cinder.csi.openstack.org",
    "disk.csi.azure.com",
    "diskplugin.csi.alibabacloud.com",
    "ebs.csi.aws.com",
    "kubernetes.io/aws-ebs",
    "kubernetes.io/azure-disk",
    "kubernetes.io/cinder",
    "kubernetes.io/gce-pd",
    "pd.csi.storage.gke.io",
    "vpc.block.csi.ibm.io",
});

// Labels that nodes of every zone carry alike.
constexpr auto kEverywhere = std::to_array<std::string_view>({
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "kubernetes.io/arch",
    "kubernetes.io/os",
});

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The class of a claim template: by name, or the one default.
const Object* class_of(const ClaimTemplate& claim, const ObjectSet& set) {
  const Node name = claim.spec()["storageClassName"];
  if (name.exists()) return set.find(Kind::storage_class, {}, name.text());
  const Object* standard = nullptr;
  for (const Object* one : set.all(Kind::storage_class, {})) {
    if (one->annotation("storageclass.kubernetes.io/is-default-class") != "true") continue;
    if (standard != nullptr) return nullptr;
    standard = one;
  }
  return standard;
}

// A volume is made in any zone, before anybody has asked where its Pod can run.
bool makes_volumes_blindly(const Object& storage_class) {
  const Node node = storage_class.node;
  const bool immediate = non_empty(node["volumeBindingMode"], "Immediate") == "Immediate";
  const bool confined = !node["allowedTopologies"].empty() || node["parameters"]["zone"].exists() ||
                        node["parameters"]["zones"].exists();
  return immediate && !confined && is_among(kZonal, node["provisioner"].text());
}

bool is_topology(std::string_view label) {
  return label == kHostnameLabel || label.ends_with("/zone");
}

// The label that the Pods demand of their node; one of topology before all others.
std::optional<std::string_view> demanded_label(const PodSpec& pod) {
  std::optional<std::string_view> demanded;
  const auto take = [&](std::string_view key) {
    if (key.empty() || is_among(kEverywhere, key)) return;
    if (!demanded || (is_topology(key) && !is_topology(*demanded))) demanded = key;
  };
  for (const auto& [key, value] : pod.node["nodeSelector"].members()) take(key);
  const Node required =
      pod.node["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  for (const Node term : required["nodeSelectorTerms"].items()) {
    for (const Node expression : term["matchExpressions"].items()) take(expression["key"].text());
  }
  return demanded;
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const auto label = demanded_label(set.pod_spec());
  if (!label) return;
  for (const ClaimTemplate& claim : set.claim_templates()) {
    const Object* storage_class = class_of(claim, subject.set);
    if (storage_class == nullptr || !makes_volumes_blindly(*storage_class)) continue;
    Finding& finding = findings.add(
        claim.path() / "spec" / "storageClassName",
        fmt::format("StorageClass \"{}\" picks a zone before the Pods' demand for {} is looked at",
                    storage_class->name, *label));
    // Nodes with the label may be in every zone.
    if (is_topology(*label)) continue;
    finding.severity = Severity::medium;
    finding.at_most(EnforcementAction::audit);
  }
}

}  // namespace

extern const Policy volume_topology_conflict;
constinit const Policy volume_topology_conflict{
    .id = "volume-topology-conflict",
    .section = "scheduling",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "Volumes are made in zones where their Pods may not run.",
    .reason =
        "A class that binds immediately makes the volume when the claim appears, in any zone. If "
        "the Pod demands nodes that are elsewhere, it stays Pending for ever with \"volume node "
        "affinity conflict\": neither the volume nor the demand moves.",
    .exceptions =
        "Classes that wait for their first consumer, are confined to topologies, or whose volumes "
        "are not known to belong to a zone; demands for an operating system or architecture. "
        "Demands for other labels than zone and hostname are only reported: such nodes may be "
        "everywhere. Anti-affinity and spread: volumes of one set are spread over the zones by "
        "ordinal.",
    .remedy =
        "use a class with volumeBindingMode: WaitForFirstConsumer, or confine the class by "
        "allowedTopologies",
    .sources =
        "StorageClass.volumeBindingMode, .allowedTopologies (storage.k8s.io/v1)\n"
        "kubernetes/kubernetes#91299\n"
        "kubernetes-csi/external-provisioner: GenerateAccessibilityRequirements\n"
        "Kubernetes blog, 2018-10-11: Topology-Aware Volume Provisioning",
    .check = check,
};

}  // namespace stateward::policies
