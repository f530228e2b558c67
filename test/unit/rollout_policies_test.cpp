// How loudly policies about updates speak, which their examples leave open.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/evaluate.h"
#include "policies/catalogue.h"
#include "test/unit/fixture.h"

using namespace stateward;

namespace {

struct Asked {
  std::string policy;
  EnforcementPoint point = EnforcementPoint::validate;
  KubernetesVersion kubernetes = kLatestKubernetes;
};

// "warn: message", one a line; `before` is the set as it was, where it is updated.
std::string told(const Asked& asked, const std::string& yaml, const std::string& before = "") {
  const Fixture fixture = Fixture::from_yaml(yaml);
  const Fixture old = Fixture::from_yaml(before.empty() ? yaml : before);
  std::vector<const Policy*> chosen = policies::all_policies();
  std::erase_if(chosen, [&](const Policy* policy) { return policy->id != asked.policy; });
  const Object& set = fixture.object(Kind::stateful_set, "db");
  const Evaluation result =
      evaluate(chosen, {.object = set,
                        .old = before.empty() ? nullptr : &old.object(Kind::stateful_set, "db"),
                        .set = fixture.set,
                        .operation = before.empty() ? Operation::create : Operation::update,
                        .point = asked.point,
                        .kubernetes = asked.kubernetes});
  std::string all;
  for (const Finding& finding : result.findings)
    all += std::string(to_string(finding.action)) + ": " + finding.message + "\n";
  return all;
}

std::string set(const std::string& spec, const std::string& container = "image: db:1",
                const std::string& status = "") {
  return "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, generation: 4}, spec: {" +
         spec + ", template: {spec: {containers: [{name: db, " + container + "}]}}}, status: {" +
         status + "}}\n";
}

const std::string kOnDelete = "replicas: 3, updateStrategy: {type: OnDelete}";
const Asked kStrategy{.policy = "on-delete-strategy"};
const Asked kConfig{.policy = "unversioned-config"};

}  // namespace

TEST_CASE("OnDelete is mentioned, and warned of when a template waits for Pods to be deleted") {
  const std::string mentioned =
      "audit: OnDelete: a new template reaches no member before its Pod is deleted\n";
  const std::string warned =
      "warn: OnDelete: the new template reaches no member before its Pod is deleted\n";
  const std::string before = set(kOnDelete, "image: db:1", "replicas: 3");
  CHECK(told(kStrategy, set(kOnDelete)) == mentioned);
  CHECK(told(kStrategy, set(kOnDelete, "image: db:2"), before) == warned);
  CHECK(told(kStrategy, set(kOnDelete + ", minReadySeconds: 5"), before) == mentioned);
  CHECK(told(kStrategy, set(kOnDelete, "image: db:2"),
             set(kOnDelete, "image: db:1", "replicas: 0")) == mentioned);
}

TEST_CASE("members that OnDelete leaves behind are counted by the status, once it has caught up") {
  const auto status = [&](const std::string& fields) {
    return told({.policy = "on-delete-strategy", .point = EnforcementPoint::audit},
                set(kOnDelete, "image: db:1", "replicas: 3, observedGeneration: 4, " + fields));
  };
  CHECK(status("currentRevision: a, updateRevision: b, updatedReplicas: 1") ==
        "warn: OnDelete: 2 of 3 members still run an older template\n");
  CHECK(status("currentRevision: a, updateRevision: b") ==
        "warn: OnDelete: 3 of 3 members still run an older template\n");
  CHECK(status("currentRevision: a, updateRevision: b, updatedReplicas: 3").starts_with("audit: "));
  CHECK(status("currentRevision: a, updateRevision: a").starts_with("audit: "));
  CHECK(told({.policy = "on-delete-strategy", .point = EnforcementPoint::audit},
             set(kOnDelete, "image: db:1",
                 "replicas: 3, observedGeneration: 3, currentRevision: a, updateRevision: b"))
            .starts_with("audit: "));
}

TEST_CASE("maxUnavailable is told of by release, and an API server that keeps it has it on") {
  const std::string ordered =
      set("replicas: 3, updateStrategy: {rollingUpdate: {maxUnavailable: 2}}");
  const std::string parallel =
      set("replicas: 3, podManagementPolicy: Parallel, updateStrategy: {rollingUpdate: "
          "{maxUnavailable: 2}}");
  const auto on = [&](KubernetesVersion release, const std::string& yaml,
                      EnforcementPoint point = EnforcementPoint::validate) {
    const std::string all = told({"unsupported-max-unavailable", point, release}, yaml);
    return all.substr(0, all.find(':'));
  };
  for (const std::string& either : {ordered, parallel}) {
    for (const KubernetesVersion off : {KubernetesVersion{1, 23, 0},
                                        {1, 34, 9},
                                        {1, 35, 4},
                                        {1, 35, 7},
                                        {1, 36, 0},
                                        {1, 36, 3}}) {
      CAPTURE(off.minor);
      CHECK(on(off, either) == "warn");
      CHECK(on(off, either, EnforcementPoint::admission).empty());
      CHECK(on(off, either, EnforcementPoint::audit).empty());
    }
    CHECK(on({1, 37, 0}, either).empty());
    CHECK(on({1, 38, 1}, either).empty());
  }
  for (const KubernetesVersion regressed : {KubernetesVersion{1, 35, 0}, {1, 35, 3}}) {
    for (const EnforcementPoint point :
         {EnforcementPoint::validate, EnforcementPoint::admission, EnforcementPoint::audit}) {
      CHECK(on(regressed, parallel, point) == "warn");
      CHECK(on(regressed, ordered, point) == "audit");
    }
  }
}

TEST_CASE("configuration that is read once is warned of, what may be refreshed is mentioned") {
  const std::string map = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n";
  const std::string secret = "---\n{apiVersion: v1, kind: Secret, metadata: {name: c}}\n";
  const std::string from_map = "envFrom: [{configMapRef: {name: c}}]";
  const std::string from_secret = "envFrom: [{secretRef: {name: c}}]";
  CHECK(told(kConfig, set("replicas: 1", from_map) + map) ==
        "warn: an edit of ConfigMap \"c\" reaches no running member: it is read by its "
        "environment\n");
  CHECK(told(kConfig, set("replicas: 1", from_secret) + secret).starts_with("audit: "));
  // The ConfigMap first, and both are one finding.
  CHECK(told(kConfig, set("replicas: 1",
                          "envFrom: [{secretRef: {name: c}}, {configMapRef: "
                          "{name: c}}]") +
                          map + secret) ==
        "warn: an edit of ConfigMap \"c\" (and 1 more) reaches no running member: it is read by "
        "its environment\n");
  // Neither is the other.
  CHECK(told(kConfig, set("replicas: 1", from_map) + secret).empty());
  const std::string volume =
      "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {template: {spec: "
      "{containers: [{name: db, volumeMounts: [{name: v, mountPath: /c}]}], volumes: [{name: v, "
      "configMap: {name: c}}]}}}}\n";
  CHECK(told(kConfig, volume + map) == "audit: an edit of ConfigMap \"c\" starts no rollout\n");
}

TEST_CASE("a majority is not lost to a maxUnavailable that the release drops") {
  const std::string yaml = set("replicas: 3, updateStrategy: {rollingUpdate: {maxUnavailable: 2}}",
                               "image: etcd:v3.6.5");
  const auto on = [&](KubernetesVersion release, EnforcementPoint point) {
    return told({"unsafe-quorum", point, release}, yaml);
  };
  const std::string lost =
      "warn: an update takes 2 of 3 members of etcd at once: no majority stays\n";
  for (const KubernetesVersion off : {KubernetesVersion{1, 34, 9}, {1, 35, 4}, {1, 36, 3}}) {
    CAPTURE(off.minor);
    CHECK(on(off, EnforcementPoint::validate).empty());
    CHECK(on(off, EnforcementPoint::admission) == lost);
    CHECK(on(off, EnforcementPoint::audit) == lost);
  }
  CHECK(on({1, 35, 3}, EnforcementPoint::validate) == lost);
  CHECK(on({1, 37, 0}, EnforcementPoint::validate) == lost);
}

TEST_CASE("a partition is told as the ordinal that it means where ordinals start elsewhere") {
  const std::string slice =
      "replicas: 4, ordinals: {start: 5}, updateStrategy: {rollingUpdate: {partition: 2}}";
  CHECK(told({.policy = "partition-blocks-update"}, set(slice, "image: db:2"), set(slice)) ==
        "audit: the new template reaches ordinals from 7 on only\n");
}

TEST_CASE("who corrects a set that is not ready hears which Pod must be deleted, as far as known") {
  const Asked rollback{.policy = "rollback-needs-pod-delete"};
  const std::string rolling =
      "replicas: 3, readyReplicas: 2, updatedReplicas: 2, currentRevision: a, updateRevision: b";
  CHECK(told(rollback, set("replicas: 3", "image: db:2"),
             set("replicas: 3", "image: db:1", rolling)) ==
        "warn: Pod \"db-1\" of the last rollout is not ready: until it is, or is deleted, "
        "this one waits\n");
  const std::string first = "replicas: 1, currentRevision: a, updateRevision: a";
  CHECK(
      told(rollback, set("replicas: 3", "image: db:2"), set("replicas: 3", "image: db:1", first)) ==
      "warn: 1 of 1 Pods are not ready: one that stays so must be deleted for the new template "
      "to reach it\n");
}

TEST_CASE(
    "Parallel waits for broken members only where they count, and use up what may be missing") {
  const auto told_by = [](KubernetesVersion release, const std::string& allowed) {
    const Asked rollback{.policy = "rollback-needs-pod-delete", .kubernetes = release};
    const std::string spec =
        "replicas: 4, podManagementPolicy: Parallel, updateStrategy: {" + allowed + "}";
    const std::string status =
        "replicas: 4, readyReplicas: 3, updatedReplicas: 1, currentRevision: a, updateRevision: b";
    return told(rollback, set(spec, "image: db:2"), set(spec, "image: db:1", status));
  };
  const std::string waits =
      "warn: 1 of 4 Pods are not ready: one that stays so must be deleted for the new template "
      "to reach it\n";
  CHECK(told_by({1, 34, 9}, "").empty());
  CHECK(told_by({1, 35, 0}, "") == waits);
  CHECK(told_by({1, 35, 3}, "rollingUpdate: {maxUnavailable: 10%}") == waits);
  CHECK(told_by({1, 35, 3}, "rollingUpdate: {maxUnavailable: 2}").empty());
  CHECK(told_by({1, 35, 4}, "").empty());
  CHECK(told_by({1, 37, 0}, "").empty());
}
