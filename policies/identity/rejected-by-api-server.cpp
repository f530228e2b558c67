// Several of the rules by which apps/v1 and core/v1 refuse an object, each a few lines: one policy
// and not several, for whoever reads the finding has the same to do, and settings that turn it off
// mean all of them.

#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/selector.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void check_numbers(const StatefulSet& set, Findings& findings) {
  struct Field {
    const char* path;
    std::string_view name;
    Node value;
  };
  const Node spec = set.spec();
  const Field fields[] = {
      {"/spec/replicas", "replicas", spec["replicas"]},
      {"/spec/minReadySeconds", "minReadySeconds", spec["minReadySeconds"]},
      {"/spec/ordinals/start", "ordinals.start", spec["ordinals"]["start"]},
      {"/spec/updateStrategy/rollingUpdate/partition", "partition",
       spec["updateStrategy"]["rollingUpdate"]["partition"]},
  };
  for (const Field& field : fields) {
    const std::int64_t number = field.value.integer(0);
    if (number < 0)
      findings.add(field.path,
                   fmt::format("{} is {}, and must not be negative", field.name, number));
  }
}

void check_selector(const Object& object, Findings& findings) {
  // apps/v1beta1 took the selector from the template's labels.
  if (object.api_version != "apps/v1") return;
  const Node selector = object.spec()["selector"];
  if (selector["matchLabels"].empty() && selector["matchExpressions"].empty()) {
    findings.add("/spec/selector", "the selector is empty").remedy =
        "select by labels of the Pod template";
  } else if (!selector_matches(selector, pod_labels_of(object))) {
    findings.add("/spec/selector", "the selector does not match the labels of the Pod template")
        .remedy = "make spec.selector and spec.template.metadata.labels agree";
  }
}

// From 1.37 on there is Recreate, behind a gate that is off by default. A server that stores it has
// the gate on.
void check_recreate(const Subject& subject, Findings& findings) {
  if (subject.point != EnforcementPoint::validate) return;
  findings
      .add("/spec/updateStrategy/type",
           "update strategy Recreate needs the feature gate StatefulSetRecreateStrategy")
      .with_action(EnforcementAction::warn)
      .remedy = "use RollingUpdate or OnDelete, or turn the gate on";
}

void check_strategy(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  const std::string_view type = set.update_strategy();
  if (type == "Recreate" && subject.kubernetes >= KubernetesVersion{1, 37})
    return check_recreate(subject, findings);
  if (type != "RollingUpdate" && type != "OnDelete") {
    findings
        .add("/spec/updateStrategy/type",
             fmt::format("update strategy \"{}\" is none of a StatefulSet", type))
        .remedy = "use RollingUpdate or OnDelete";
  } else if (type == "OnDelete" && set.spec()["updateStrategy"]["rollingUpdate"].exists()) {
    findings.add("/spec/updateStrategy/rollingUpdate", "rollingUpdate stands beside type OnDelete")
        .remedy = "remove rollingUpdate, or use type RollingUpdate";
  }
}

// What an operator made, written down to be compared with: the uid of its owner is taken out, and
// so are the images, which differ from release to release. Nobody applies it.
bool is_for_comparison(const Object& object) {
  const Node owner = object.controller();
  return owner.exists() && owner["uid"].text().empty();
}

void check_images(const StatefulSet& set, Findings& findings) {
  if (is_for_comparison(set.object)) return;
  for (const Container& container : set.pod_spec().containers()) {
    if (!container.image().empty() || container.list == ContainerList::ephemeral_containers)
      continue;
    findings
        .add(container.path() / "image",
             fmt::format("container \"{}\" has no image", container.name()))
        .remedy = "name an image";
  }
}

void check_template(const StatefulSet& set, Findings& findings) {
  const PodSpec pod = set.pod_spec();
  const std::string_view policy = pod.node["restartPolicy"].text("Always");
  if (policy != "Always" && !policy.empty()) {
    findings
        .add("/spec/template/spec/restartPolicy",
             fmt::format("restartPolicy is {}, and must be Always", policy))
        .remedy = "remove restartPolicy";
  }
  if (pod.node["activeDeadlineSeconds"].exists()) {
    findings
        .add("/spec/template/spec/activeDeadlineSeconds",
             "activeDeadlineSeconds is for Pods that end")
        .remedy = "remove activeDeadlineSeconds";
  }
}

void check_service(const Object& service, Findings& findings) {
  const Node spec = service.spec();
  const std::string_view type = spec["type"].text();
  if (spec["clusterIP"].text() == "None" && (type == "NodePort" || type == "LoadBalancer")) {
    findings.add("/spec/clusterIP", fmt::format("a {} Service cannot be headless", type)).remedy =
        "make a headless Service for the set and another one for clients";
  }
  if (spec["ports"].size() < 2) return;
  std::size_t index = 0;
  for (const Node port : spec["ports"].items()) {
    const Path path = Path("/spec/ports") / index++ / "name";
    if (port["name"].text().empty()) {
      findings.add(path, "a port has no name, and there are several").remedy = "name each port";
    }
  }
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.kind == Kind::service) return check_service(subject.object, findings);
  const StatefulSet set{subject.object};
  check_selector(subject.object, findings);
  check_numbers(set, findings);
  check_strategy(subject, findings);
  check_template(set, findings);
  check_images(set, findings);
}

}  // namespace

extern const Policy rejected_by_api_server;
constinit const Policy rejected_by_api_server{
    .id = "rejected-by-api-server",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set, Kind::service},
    .operations = {Operation::create, Operation::update},
    .summary = "The API server refuses the object.",
    .reason =
        "Applying it fails. Found in the file, it costs nothing; found by the deployment, it "
        "costs the deployment.",
    .exceptions =
        "From Kubernetes 1.37 on update strategy Recreate is a warning: an alpha feature gate "
        "allows it. Missing images of an object whose controller reference has no uid: it was "
        "written down to be compared with, not to be applied.",
    .remedy = "write what the API server accepts",
    .sources =
        "StatefulSet (apps/v1), Service (core/v1): validation\n"
        "KEP-3541: updateStrategy Recreate; pkg/features of kubernetes/kubernetes v1.37.1: gate "
        "StatefulSetRecreateStrategy, alpha, off",
    .check = check,
};

}  // namespace stateward::policies
