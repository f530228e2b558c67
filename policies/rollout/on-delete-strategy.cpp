// Longer than most by the two lists that tell an operator's sets from those that somebody applies.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Who only applies manifests, and deletes no Pods of theirs.
constexpr auto kInstallers = std::to_array<std::string_view>({
    "helm",
    "tiller",
    "kustomize",
    "kubectl",
    "argocd",
    "argo-cd",
    "flux",
    "fluxcd",
    "kapp",
    "pulumi",
    "terraform",
    "ansible",
    "tanka",
    "skaffold",
});

// Of sets that nobody owns, by a label: an empty value stands for any.
struct Replaced {
  std::string_view label;
  std::string_view value;
  std::string_view by;
};
constexpr std::array kReplaced = {
    Replaced{"rollout-group", "", "Grafana's rollout-operator, which asks for OnDelete"},
    Replaced{"application", "spilo", "Zalando's postgres-operator, which owns its sets on demand"},
};

bool is_installer(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::find(kInstallers.begin(), kInstallers.end(), lower) != kInstallers.end();
}

// Somebody else deletes the Pods, in an order.
bool is_replaced_by_operator(const StatefulSet& set) {
  if (set.object.controller().exists()) return true;
  for (const Node labels : {set.object.metadata()["labels"], set.pod_labels()}) {
    const std::string_view manager = labels["app.kubernetes.io/managed-by"].text();
    if (!manager.empty() && !is_installer(manager)) return true;
    for (const Replaced& known : kReplaced) {
      const Node label = labels[known.label];
      if (label.exists() && (known.value.empty() || label.text() == known.value)) return true;
    }
  }
  return false;
}

bool is_meant_so(const StatefulSet& set) {
  const auto containers = set.pod_spec().containers();
  return std::any_of(containers.begin(), containers.end(), [](const Container& container) {
    const KnownImage* image = known_repository(container);
    return image != nullptr && image->takes_on_delete;
  });
}

// Members that run an older template, by a status that has caught up. That currentRevision is
// another tells nothing, for it stays behind when they have all been updated; that it is the same
// does, and older releases then leave out how many are updated.
std::int64_t members_behind(const Object& object) {
  const Node status = object.node["status"];
  if (status["updateRevision"].text() == status["currentRevision"].text() ||
      status["observedGeneration"].integer(0) < object.metadata()["generation"].integer(0))
    return 0;
  return status["replicas"].integer(0) - status["updatedReplicas"].integer(0);
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  if (set.update_strategy() != "OnDelete" || is_replaced_by_operator(set) || is_meant_so(set))
    return;
  if (subject.old != nullptr && !equal(subject.old->spec()["template"], set.spec()["template"]) &&
      subject.old->node["status"]["replicas"].integer(1) > 0) {
    findings.add("/spec/template",
                 "OnDelete: the new template reaches no member before its Pod is deleted");
    return;
  }
  const Path path = "/spec/updateStrategy/type";
  const std::int64_t behind = members_behind(subject.object);
  if (behind > 0 && subject.point != EnforcementPoint::admission) {
    findings.add(path, fmt::format("OnDelete: {} of {} members still run an older template", behind,
                                   subject.object.node["status"]["replicas"].integer(0)));
  } else {
    findings.add(path, "OnDelete: a new template reaches no member before its Pod is deleted")
        .as_info();
  }
}

}  // namespace

extern const Policy on_delete_strategy;
constinit const Policy on_delete_strategy{
    .id = "on-delete-strategy",
    .section = "rollout",
    .severity = Severity::low,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "Members are updated only when somebody deletes their Pods.",
    .reason =
        "With OnDelete a new template does nothing by itself: a fix is applied and not running, "
        "and a member that comes back by chance, after its node failed, comes back with another "
        "template than its peers. kubectl rollout status does not follow it.",
    .exceptions =
        "Sets with a controller, or whose labels name one (app.kubernetes.io/managed-by other than "
        "an installer, rollout-group, application: spilo): it deletes the Pods. Images that are "
        "to be replaced by hand, in an order (vault, openbao). A set is only told of it (severity "
        "info), unless its template changes or its status says that members are behind.",
    .remedy = "delete the Pods one by one, each when the one before is ready; or use RollingUpdate",
    .sources =
        "StatefulSetUpdateStrategy.type, StatefulSetStatus.updatedReplicas (apps/v1)\n"
        "kubernetes/kubernetes#64500, #73492, #106055\n"
        "hashicorp/vault-helm, grafana/rollout-operator, zalando/postgres-operator: OnDelete",
    .check = check,
};

}  // namespace stateward::policies
