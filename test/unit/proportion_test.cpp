// How loudly policies speak where a case is milder than their usual one, which examples leave open.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/evaluate.h"
#include "policies/catalogue.h"
#include "test/unit/fixture.h"

using namespace stateward;

namespace {

// "warn/high", one a line, of what the policy finds in the set "db".
std::string told(std::string_view id, const std::string& yaml) {
  const Fixture fixture = Fixture::from_yaml(yaml);
  std::vector<const Policy*> chosen = policies::all_policies();
  std::erase_if(chosen, [&](const Policy* policy) { return policy->id != id; });
  const Evaluation result =
      evaluate(chosen, {.object = fixture.object(Kind::stateful_set, "db"), .set = fixture.set});
  std::string all;
  for (const Finding& finding : result.findings)
    all += std::string(to_string(finding.action)) + "/" + std::string(to_string(finding.severity)) +
           "\n";
  return all;
}

std::string set(const std::string& spec, const std::string& container = "",
                const std::string& volumes = "") {
  return "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {" + spec +
         ", template: {spec: {containers: [{name: db, image: db:1, " + container +
         "}], volumes: [" + volumes + "]}}}}\n";
}

const std::string kTemplate = "volumeClaimTemplates: [{metadata: {name: data}}]";
const std::string kImpatient =
    "livenessProbe: {tcpSocket: {port: 1}}, volumeMounts: [{name: data, mountPath: /data}]";

}  // namespace

TEST_CASE("a liveness probe without patience is bad where there is something to recover") {
  const auto impatient = [](const std::string& spec, const std::string& volumes) {
    return told("liveness-without-startup-budget", set(spec, kImpatient, volumes));
  };
  CHECK(impatient(kTemplate, "") == "warn/high\n");
  CHECK(impatient("replicas: 1", "{name: data, persistentVolumeClaim: {claimName: old}}") ==
        "warn/high\n");
  CHECK(impatient("replicas: 1", "{name: data, hostPath: {path: /srv}}") == "warn/high\n");
  CHECK(impatient("replicas: 1", "{name: data, emptyDir: {}}") == "audit/low\n");
  CHECK(impatient("replicas: 1", "{name: data, configMap: {name: settings}}") == "audit/low\n");
  CHECK(impatient("replicas: 1", "{name: other, hostPath: {path: /srv}}") == "audit/low\n");
}

TEST_CASE("a set without a governing Service is worse with peers") {
  CHECK(told("missing-service-name", set("replicas: 2")) == "deny/high\n");
  CHECK(told("missing-service-name", set("replicas: 1")) == "warn/medium\n");
  CHECK(told("missing-service-name", set("replicas: 0")) == "warn/medium\n");
}

TEST_CASE("a volume that stands for its claim template hides nothing") {
  const auto shadowed = [](const std::string& source) {
    return told("claim-template-shadows-volume",
                set(kTemplate, "", "{name: data, " + source + "}"));
  };
  CHECK(shadowed("emptyDir: {}") == "warn/high\n");
  CHECK(shadowed("persistentVolumeClaim: {claimName: archive}") == "warn/high\n");
  CHECK(shadowed("persistentVolumeClaim: {claimName: data}") == "audit/info\n");
}

TEST_CASE("a liveness probe that cannot be made protects from nothing, and breaks nothing") {
  const auto probe = [](const char* field) {
    return told("unknown-probe-port",
                set("serviceName: db", std::string(field) + ": {tcpSocket: {port: health}}"));
  };
  CHECK(probe("readinessProbe") == "deny/high\n");
  CHECK(probe("startupProbe") == "deny/high\n");
  CHECK(probe("livenessProbe") == "warn/medium\n");
}

TEST_CASE("claims that go with their set are worse to lose where they hold data than a queue") {
  const auto told_of = [](const std::string& claims, const std::string& image) {
    return told("retention-policy-delete",
                "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {"
                "persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}, "
                "volumeClaimTemplates: [" +
                    claims + "], template: {spec: {containers: [{name: db, image: " + image +
                    "}]}}}}\n");
  };
  const std::string queue = "{metadata: {name: sending-queue}}";
  CHECK(told_of(queue, "collector:1") == "warn/low\n");
  CHECK(told_of("{metadata: {name: alloy-wal}}", "alloy:1") == "warn/low\n");
  CHECK(told_of(queue, "rabbitmq:4") == "warn/high\n");
  CHECK(told_of(queue + ", {metadata: {name: data}}", "collector:1") == "warn/high\n");
  CHECK(told_of("{metadata: {name: queue-data}}", "collector:1") == "warn/high\n");
}
