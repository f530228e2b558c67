#include <fmt/format.h>

#include <string>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// A container is not ready before its startup probe has succeeded, either.
void judge(const Container& container, bool has_claims, Findings& findings) {
  for (const std::string_view field : {"readinessProbe", "startupProbe"}) {
    const PeerQuestion* question =
        peer_question(container, Probe{container.node[field]}, has_claims);
    if (question == nullptr) continue;
    findings.add(container.path() / field,
                 fmt::format("no second member starts before the first is ready, and its probe "
                             "asks {}",
                             question->asks));
    return;
  }
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  if (set.pod_management_policy() != "OrderedReady" ||
      max_replicas(subject.object, subject.set) <= 1)
    return;
  for (const Container& container : set.pod_spec().containers()) {
    if (container.long_running()) judge(container, !set.claim_templates().empty(), findings);
  }
}

}  // namespace

extern const Policy ordered_bootstrap_deadlock;
constinit const Policy ordered_bootstrap_deadlock{
    .id = "ordered-bootstrap-deadlock",
    .section = "rollout",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The first member waits for peers that wait for it.",
    .reason =
        "OrderedReady starts a member once all before it are ready. A probe that asks for a "
        "quorum, a leader or the whole cluster's health fails as long as the member is alone: at "
        "the first start, or where members join one by one, as soon as all were down together and "
        "remember each other. No further Pod is made then, and nothing ends it but a person.",
    .exceptions =
        "podManagementPolicy: Parallel; one replica at most; probes that the member answers for "
        "itself; questions that are not known to need peers. Elasticsearch only where the set says "
        "who leads first: others find their masters elsewhere.",
    .remedy =
        "make the set again with podManagementPolicy: Parallel, or let the probe ask about the "
        "member alone",
    .sources =
        "StatefulSetSpec.podManagementPolicy (apps/v1)\n"
        "bitnami/charts#1287, nats-io/k8s#622, cockroachdb/cockroach-operator#470, "
        "rabbitmq/cluster-operator#989\n"
        "Which questions: each row of the known probes says where it was read",
    .check = check,
};

}  // namespace stateward::policies
