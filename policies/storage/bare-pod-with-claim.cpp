#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/request.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Whether it does nothing but wait until somebody opens a shell in it, or nothing at all.
bool idles(Node container) {
  if (image_repository(container["image"].text()) == "pause") return true;
  for (const std::string_view field : {"command", "args"}) {
    for (const Node word : container[field].items()) {
      const std::string_view text = word.text();
      if (text == "sleep" || text.ends_with("/sleep")) return true;
      if (text.find("sleep inf") != std::string_view::npos) return true;
      if (text.find("tail -f /dev/null") != std::string_view::npos) return true;
    }
  }
  return false;
}

// Runs once, or as long as somebody looks at it: a job, a test, a shell.
bool is_errand(const Object& pod) {
  const std::string_view restart = pod.spec()["restartPolicy"].text();
  if (restart == "Never" || restart == "OnFailure") return true;
  if (pod.metadata()["annotations"]["helm.sh/hook"].exists()) return true;
  const Node list = pod.spec()["containers"];
  const auto containers = list.items();
  return !list.empty() && std::all_of(containers.begin(), containers.end(), [](Node container) {
    return idles(container) || container["tty"].boolean();
  });
}

// A kubelet's own Pod, shown to the API server.
bool is_mirror(const Object& pod) {
  return pod.metadata()["annotations"]["kubernetes.io/config.mirror"].exists();
}

void check(const Subject& subject, Findings& findings) {
  const Object& pod = subject.object;
  if (pod.controller().exists() || is_mirror(pod) || is_errand(pod) || has_ended(pod)) return;
  const auto volumes = claim_volumes(pod_spec_of(pod));
  if (volumes.empty()) return;
  Finding& finding =
      findings.add(volumes.front().path,
                   fmt::format("nothing recreates this Pod, which keeps its data in claim \"{}\"",
                               volumes.front().claim));
  // A program that makes Pods looks after them in its own way.
  if (subject.request != nullptr && is_service_account(subject.request->user))
    finding.at_most(EnforcementAction::audit);
}

}  // namespace

extern const Policy bare_pod_with_claim;
constinit const Policy bare_pod_with_claim{
    .id = "bare-pod-with-claim",
    .section = "storage",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::pod},
    .operations = {Operation::create},
    .summary = "A Pod that no workload controls keeps data in a claim.",
    .reason =
        "Nothing creates the Pod again after an eviction, a drain or the loss of its node: the "
        "data is still there, and nobody serves it.",
    .exceptions =
        "Pods with a controller, and mirror Pods; Pods that run once (restartPolicy Never or "
        "OnFailure), Helm hooks, those with a terminal (tty), which somebody watches, and those "
        "that only sleep. What a service account creates is only audited.",
    .remedy = "use a StatefulSet with replicas: 1, which can mount the same claim",
    .sources =
        "Kubernetes documentation: Pods, working with Pods\n"
        "PersistentVolumeClaimVolumeSource.claimName (core/v1)",
    .check = check,
};

}  // namespace stateward::policies
