// Clusters and manifests as people reported them: what must be told of them, and that nothing else
// is, by the policies that look at several objects.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "engine/evaluate.h"
#include "policies/catalogue.h"
#include "test/unit/fixture.h"

using namespace stateward;

namespace {

constexpr std::array kAboutSeveral = std::to_array<std::string_view>({
    "missing-governing-service",
    "governing-service-not-headless",
    "external-name-governing-service",
    "governing-service-selector-mismatch",
    "manual-ordinal-pod",
    "pre-existing-claim",
    "bare-pod-with-claim",
    "claim-shared-by-pods",
    "claim-name-collision",
    "shared-claim",
    "stale-network-identity",
    "orphaned-claim",
    "claim-template-drift",
    "retention-conflict",
    "overlapping-selectors",
    "headless-port-mismatch",
    "unknown-target-port",
    "missing-publish-not-ready",
    "client-service-publishes-not-ready",
    "service-spans-workloads",
    "pod-service-out-of-range",
    "missing-spread",
    "missing-disruption-budget",
    "disruption-budget-blocks-drain",
    "multiple-disruption-budgets",
    "unsafe-quorum",
    "ordered-bootstrap-deadlock",
    "volume-topology-conflict",
    "replicas-owned-by-autoscaler",
});

using Told = std::vector<std::string>;

// "policy object: action", sorted.
Told told(const std::string& yaml, EnforcementPoint point) {
  const Fixture fixture = Fixture::from_yaml(yaml);
  Told all;
  for (const Object& object : fixture.set.objects()) {
    const Subject subject{
        .object = object, .set = fixture.set, .point = point, .today = {2026, 11, 21}};
    for (const Finding& finding : evaluate(policies::all_policies(), subject).findings) {
      const bool wanted = std::find(kAboutSeveral.begin(), kAboutSeveral.end(),
                                    finding.policy->id) != kAboutSeveral.end();
      if (!wanted) continue;
      all.push_back(std::string(finding.policy->id) + " " + std::string(object.name) + ": " +
                    std::string(to_string(finding.action)));
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string stateful_set(const std::string& name, const std::string& created,
                         const std::string& claim_template, const std::string& size, int replicas,
                         const std::string& service = "",
                         const std::string& ports = "{name: http, containerPort: 8080}") {
  return "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " + name +
         ", creationTimestamp: " + created +
         "}\nspec:\n  serviceName: " + (service.empty() ? name : service) +
         "\n  replicas: " + std::to_string(replicas) + "\n  selector: {matchLabels: {app: " + name +
         "}}\n  template: {metadata: {labels: {app: " + name +
         "}}, spec: {containers: [{name: app, ports: [" + ports +
         "]}]}}\n  volumeClaimTemplates: [{metadata: {name: " + claim_template +
         "}, spec: {resources: {requests: {storage: " + size + "}}}}]\n";
}

std::string service(const std::string& name, const std::string& cluster_ip,
                    const std::string& selector, const std::string& more = "") {
  return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name +
         "}\nspec: {clusterIP: " + cluster_ip + ", selector: " + selector + more + "}\n";
}

// The port of the Helm starter chart's Service.
const std::string kHttp = ", ports: [{name: http, port: 8080, targetPort: http}]";

std::string claim(const std::string& name, const std::string& created, const std::string& app,
                  const std::string& size) {
  return "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " + name +
         ", creationTimestamp: " + created + ", labels: {app: " + app +
         "}}\nspec: {accessModes: [ReadWriteOnce], storageClassName: standard, resources: "
         "{requests: {storage: " +
         size + "}}}\nstatus: {phase: Bound}\n";
}

std::string member(const std::string& set, int ordinal, const std::string& claim_template,
                   const std::string& service = "") {
  const std::string name = set + "-" + std::to_string(ordinal);
  return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", labels: {app: " + set +
         "}, ownerReferences: [{kind: StatefulSet, name: " + set +
         ", controller: true}]}\nspec: {subdomain: " + (service.empty() ? set : service) +
         ", volumes: [{name: v, persistentVolumeClaim: {claimName: " + claim_template + "-" + name +
         "}}]}\nstatus: {phase: Running}\n";
}

}  // namespace

TEST_CASE("seed 0: three Pods with claims of their own are three bare Pods, and nothing else") {
  std::string yaml = service("redis", "\"\"", "{redis: \"\"}");
  for (const char* name : {"redis-0", "redis-1", "redis-2"}) {
    yaml += service(name, "\"\"", std::string("{redis: \"\", ") + name + ": \"\"}") +
            "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " + name +
            "}\nspec: {accessModes: [ReadWriteOnce]}\n---\napiVersion: v1\nkind: Pod\nmetadata: "
            "{name: " +
            name + ", labels: {redis: \"\"}}\nspec: {volumes: [{name: v, persistentVolumeClaim: " +
            "{claimName: " + name + "}}]}\n";
  }
  const Told bare = {"bare-pod-with-claim redis-0: warn", "bare-pod-with-claim redis-1: warn",
                     "bare-pod-with-claim redis-2: warn"};
  CHECK(told(yaml, EnforcementPoint::validate) == bare);
  CHECK(told(yaml, EnforcementPoint::audit) == bare);
  // A set of their name would adopt them.
  yaml +=
      "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: redis}\nspec:\n  serviceName: "
      "peers\n  replicas: 3\n  selector: {matchLabels: {redis: \"\"}}\n  template: {metadata: "
      "{labels: {redis: \"\"}}}\n" +
      service("peers", "None", "{redis: \"\"}");
  const Told adopted = told(yaml, EnforcementPoint::validate);
  CHECK(std::count_if(adopted.begin(), adopted.end(), [](const std::string& one) {
          return one.starts_with("manual-ordinal-pod");
        }) == 3);
}

TEST_CASE("seed 1: both Services have addresses, and one set took over an older claim") {
  const std::string go = "app-go-chart-app-go";
  const std::string python = "app-python-chart-app-python";
  const std::string go_time = "2026-11-21T10:00:00Z";
  const std::string yaml =
      stateful_set(go, go_time, "app-go-data", "10M", 2) +
      service(go, "10.106.3.86", "{app: " + go + "}", kHttp) +
      claim("app-go-data-" + go + "-0", go_time, go, "10M") +
      claim("app-go-data-" + go + "-1", go_time, go, "10M") + member(go, 0, "app-go-data") +
      member(go, 1, "app-go-data") +
      stateful_set(python, "2026-11-21T10:05:07Z", "app-python-data", "10M", 2) +
      service(python, "10.102.214.192", "{app: " + python + "}", kHttp) +
      claim("app-python-data-" + python + "-0", "2026-11-21T10:03:27Z", python, "10M") +
      claim("app-python-data-" + python + "-1", "2026-11-21T10:05:07Z", python, "10M") +
      member(python, 0, "app-python-data") + member(python, 1, "app-python-data");
  CHECK(told(yaml, EnforcementPoint::audit) ==
        Told{"governing-service-not-headless " + go + ": warn",
             "governing-service-not-headless " + python + ": warn",
             "missing-disruption-budget " + go + ": audit",
             "missing-disruption-budget " + python + ": audit", "missing-spread " + go + ": audit",
             "missing-spread " + python + ": audit", "pre-existing-claim " + python + ": audit"});
}

TEST_CASE("seed 2: the headless Service names a port at which nobody listens, the other one does") {
  const std::string yaml =
      "apiVersion: v1\nkind: Service\nmetadata: {name: kubia}\nspec: {clusterIP: None, selector: "
      "{app: kubia}, ports: [{name: http, port: 80}]}\n" +
      stateful_set("kubia", "null", "data", "1Mi", 2) +
      "---\napiVersion: v1\nkind: Service\nmetadata: {name: kubia-public}\nspec: {selector: {app: "
      "kubia}, ports: [{port: 80, targetPort: 8080}]}\n";
  CHECK(told(yaml, EnforcementPoint::validate) ==
        Told{"headless-port-mismatch kubia: warn", "missing-disruption-budget kubia: audit",
             "missing-publish-not-ready kubia: audit", "missing-spread kubia: audit"});
}

TEST_CASE("seed 3: a chart installed again took over all three claims, told once") {
  const std::string app = "chart-web-app";
  const std::string volume = "persistent-data-volume";
  const std::string prefix = volume + "-" + app + "-";
  std::string yaml = stateful_set(app, "2026-11-21T11:02:00Z", volume, "100Mi", 3);
  yaml += service(app, "10.105.225.208", "{app: " + app + "}",
                  ", ports: [{name: http, port: 80, targetPort: http}]");
  for (int ordinal = 0; ordinal < 3; ++ordinal) {
    yaml += claim(prefix + std::to_string(ordinal), "2026-11-21T10:00:00Z", app, "100Mi");
    yaml += member(app, ordinal, volume);
  }
  CHECK(told(yaml, EnforcementPoint::audit) ==
        Told{"governing-service-not-headless " + app + ": warn",
             "missing-disruption-budget " + app + ": audit", "missing-spread " + app + ": audit",
             "pre-existing-claim " + app + ": audit"});
}

TEST_CASE("seed 4: the claims of a set that is gone are left over, and vault is as it should be") {
  const std::string kotlin = "app-kotlin-release";
  const std::string old = "2026-11-21T08:00:00Z";
  const std::string unready =
      ", publishNotReadyAddresses: true, ports: [{name: http, port: 8200, targetPort: 8200}, "
      "{name: "
      "https-internal, port: 8201, targetPort: 8201}]";
  const std::string yaml =
      stateful_set(kotlin, "2026-11-21T10:38:00Z", "visits", "1Mi", 2) +
      service(kotlin, "10.106.201.161", "{app: " + kotlin + "}") + member(kotlin, 0, "visits") +
      member(kotlin, 1, "visits") + claim("visits-" + kotlin + "-0", old, kotlin, "1Mi") +
      claim("visits-" + kotlin + "-1", "2026-11-21T08:08:00Z", kotlin, "1Mi") +
      stateful_set(
          "vault", old, "data", "10Gi", 1, "vault-internal",
          "{name: http, containerPort: 8200}, {name: https-internal, containerPort: 8201}, "
          "{name: http-rep, containerPort: 8202}") +
      service("vault-internal", "None", "{app: vault}", unready) +
      service("vault", "10.111.176.177", "{app: vault}", unready) +
      claim("data-vault-0", old, "vault", "10Gi") + member("vault", 0, "data", "vault-internal") +
      claim("visits-app-python-release-0", old, "app-python-release", "1Mi") +
      claim("visits-app-python-release-1", old, "app-python-release", "1Mi");
  CHECK(told(yaml, EnforcementPoint::audit) ==
        Told{"client-service-publishes-not-ready vault: audit",
             "governing-service-not-headless " + kotlin + ": warn",
             "missing-disruption-budget " + kotlin + ": audit",
             "missing-spread " + kotlin + ": audit",
             "orphaned-claim visits-app-python-release-0: audit",
             "orphaned-claim visits-app-python-release-1: audit",
             "pre-existing-claim " + kotlin + ": audit"});
}

TEST_CASE("a governing Service that is missing is denied in manifests, warned of in a cluster") {
  const std::string yaml = stateful_set("web", "2026-11-21T10:00:00Z", "data", "1Gi", 2);
  const std::string budget = "missing-disruption-budget web: audit";
  const std::string spread = "missing-spread web: audit";
  CHECK(told(yaml, EnforcementPoint::validate) ==
        Told{budget, "missing-governing-service web: deny", spread});
  CHECK(told(yaml, EnforcementPoint::audit) ==
        Told{budget, "missing-governing-service web: warn", spread});
  CHECK(told(yaml, EnforcementPoint::admission) ==
        Told{budget, "missing-governing-service web: audit", spread});
}

TEST_CASE("a selector that fits no Pod is denied in manifests, warned of in a cluster") {
  const std::string yaml =
      stateful_set("web", "2026-11-21T10:00:00Z", "data", "1Gi", 1) +
      service("web", "None", "{app: other}", ", publishNotReadyAddresses: true");
  const std::string finding = "governing-service-selector-mismatch web: ";
  CHECK(told(yaml, EnforcementPoint::validate) == Told{finding + "deny"});
  CHECK(told(yaml, EnforcementPoint::audit) == Told{finding + "warn"});
  CHECK(told(yaml, EnforcementPoint::admission) == Told{finding + "warn"});
}

TEST_CASE("of two workloads on one claim a live cluster tells once, admission nothing") {
  const auto pod = [](const std::string& name, const std::string& owner) {
    return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
           ", ownerReferences: [{kind: ReplicaSet, name: " + owner +
           ", controller: true}]}\nspec: {volumes: [{name: v, persistentVolumeClaim: {claimName: "
           "data}}]}\n";
  };
  const std::string yaml = pod("a-1", "a") + pod("b-1", "b") + pod("b-2", "b") +
                           "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: "
                           "data}\nspec: {accessModes: [ReadWriteOnce]}\n";
  CHECK(told(yaml, EnforcementPoint::audit) ==
        Told{"claim-shared-by-pods b-1: warn", "claim-shared-by-pods b-2: warn"});
  CHECK(told(yaml, EnforcementPoint::admission).empty());
}
