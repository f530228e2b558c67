#include "engine/workload.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

Fixture pod(const std::string& spec) {
  return Fixture::from_yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" + spec +
                            "}}");
}

Fixture stateful_set(const std::string& spec) {
  return Fixture::from_yaml(
      "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {" + spec + "}}");
}

std::vector<Container> containers_of(const Fixture& fixture) {
  return pod_spec_of(fixture.object(Kind::pod, "p")).containers();
}

struct Placed {
  const char* api_version;
  const char* kind;
  Kind known;
  const char* before;  // what opens around the Pod template
  const char* after;
  const char* path;  // of the Pod template
};

}  // namespace

TEST_CASE("the Pod spec and labels of every workload are found where its API has them") {
  const Placed cases[] = {
      {"apps/v1", "StatefulSet", Kind::stateful_set, "spec: {template: {", "}}", "/spec/template"},
      {"apps/v1", "Deployment", Kind::deployment, "spec: {template: {", "}}", "/spec/template"},
      {"extensions/v1beta1", "Deployment", Kind::deployment, "spec: {template: {", "}}",
       "/spec/template"},
      {"apps/v1", "ReplicaSet", Kind::replica_set, "spec: {template: {", "}}", "/spec/template"},
      {"v1", "ReplicationController", Kind::replication_controller, "spec: {template: {", "}}",
       "/spec/template"},
      {"apps/v1", "DaemonSet", Kind::daemon_set, "spec: {template: {", "}}", "/spec/template"},
      {"batch/v1", "Job", Kind::job, "spec: {template: {", "}}", "/spec/template"},
      {"batch/v1", "CronJob", Kind::cron_job, "spec: {jobTemplate: {spec: {template: {", "}}}}",
       "/spec/jobTemplate/spec/template"},
  };
  for (const Placed& place : cases) {
    CAPTURE(place.kind);
    const Fixture fixture = Fixture::from_yaml(
        std::string("{apiVersion: ") + place.api_version + ", kind: " + place.kind +
        ", metadata: {name: w, labels: {app: outer}}, " + place.before +
        "metadata: {labels: {app: inner}}, spec: {containers: [{name: c}]}" + place.after + "}");
    const Object& object = fixture.object(place.known, "w");
    const PodSpec spec = pod_spec_of(object);
    REQUIRE(spec.exists());
    CHECK(spec.path == std::string(place.path) + "/spec");
    CHECK(spec.containers().size() == 1);
    CHECK(pod_labels_of(object)["app"].text() == "inner");
    CHECK(pod_template_path_of(object) == place.path);
  }
}

TEST_CASE("a Pod is its own template") {
  const Fixture fixture = Fixture::from_yaml(
      "{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: own}}, spec: {containers: "
      "[{name: c}]}}");
  const Object& object = fixture.object(Kind::pod, "p");
  CHECK(pod_spec_of(object).path == "/spec");
  CHECK(pod_spec_of(object).containers().front().path().text() == "/spec/containers/0");
  CHECK(pod_labels_of(object)["app"].text() == "own");
  CHECK(pod_template_path_of(object).empty());
}

TEST_CASE("other kinds have no Pod spec, whatever they hold") {
  const Fixture fixture = Fixture::from_yaml(
      "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {template: {metadata: {labels: "
      "{a: b}}, spec: {containers: [{name: c}]}}}}");
  const Object& service = fixture.object(Kind::service, "s");
  CHECK_FALSE(pod_spec_of(service).exists());
  CHECK(pod_spec_of(service).containers().empty());
  CHECK_FALSE(pod_labels_of(service).exists());
}

TEST_CASE(
    "containers come with their lists and places: containers, init containers, ephemeral ones") {
  const Fixture fixture =
      pod("initContainers: [{name: i}, {name: side, restartPolicy: Always}], "
          "ephemeralContainers: [{name: e}], containers: [{name: a, image: x}, {name: b, "
          "restartPolicy: Never}]");
  const auto all = containers_of(fixture);
  REQUIRE(all.size() == 5);
  const char* const paths[] = {"/spec/containers/0", "/spec/containers/1", "/spec/initContainers/0",
                               "/spec/initContainers/1", "/spec/ephemeralContainers/0"};
  const char* const names[] = {"a", "b", "i", "side", "e"};
  const bool long_running[] = {true, true, false, true, false};
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    CHECK(all[i].path().text() == paths[i]);
    CHECK(all[i].name() == names[i]);
    CHECK(all[i].long_running() == long_running[i]);
    CHECK(all[i].restartable_init() == (i == 3));
  }
  CHECK(all[0].image() == "x");
  CHECK(all[1].image().empty());
}

TEST_CASE("containers of a wrong type are none, and entries of a wrong type are nameless") {
  CHECK(containers_of(pod("containers: {name: a}")).empty());
  CHECK(containers_of(pod("containers: text")).empty());
  CHECK(containers_of(pod("containers: null, initContainers: 7")).empty());
  CHECK(containers_of(pod("")).empty());
  const Fixture fixture = pod("containers: [text, null, [x], {name: 7}, {name: ok}]");
  const auto odd = containers_of(fixture);
  REQUIRE(odd.size() == 5);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(odd[i].name().empty());
    CHECK_FALSE(odd[i].readiness().exists());
    CHECK(volume_uses(odd[i]).empty());
  }
  CHECK(odd[4].name() == "ok");
}

TEST_CASE("a probe answers with the API's defaults, which also stand for 0") {
  const Fixture fixture =
      pod("containers: [{name: c, readinessProbe: {}, livenessProbe: {initialDelaySeconds: 0, "
          "periodSeconds: 0, timeoutSeconds: 0, failureThreshold: 0}, startupProbe: "
          "{initialDelaySeconds: 5, periodSeconds: 20, timeoutSeconds: 7, failureThreshold: 30}}]");
  const Container container = containers_of(fixture).front();
  for (const Probe& probe : {container.readiness(), container.liveness()}) {
    CHECK(probe.exists());
    CHECK(probe.initial_delay() == 0);
    CHECK(probe.period() == 10);
    CHECK(probe.timeout() == 1);
    CHECK(probe.failure_threshold() == 3);
    CHECK(probe.budget() == 30);
  }
  CHECK(container.startup().timeout() == 7);
  CHECK(container.startup().budget() == 605);
  CHECK_FALSE(Probe{}.exists());
}

TEST_CASE("a probe's port is its handler's, and exec has none") {
  const Fixture fixture =
      pod("containers: [{name: c, readinessProbe: {httpGet: {port: web}}}, {name: c, "
          "readinessProbe: {tcpSocket: {port: 8080}}}, {name: c, readinessProbe: {grpc: {port: "
          "9}}}, {name: c, readinessProbe: {exec: {command: [\"true\"], port: 1}}}, {name: c}]");
  const auto all = containers_of(fixture);
  const Path at = "/p";
  CHECK(all[0].readiness().port().text() == "web");
  CHECK(all[0].readiness().port_path(at).text() == "/p/httpGet/port");
  CHECK(all[1].readiness().port().integer() == 8080);
  CHECK(all[1].readiness().port_path(at).text() == "/p/tcpSocket/port");
  CHECK(all[2].readiness().port().integer() == 9);
  CHECK(all[2].readiness().port_path(at).text() == "/p/grpc/port");
  CHECK_FALSE(all[3].readiness().port().exists());
  CHECK_FALSE(all[4].readiness().port().exists());
}

TEST_CASE("mounts and devices both use volumes") {
  const Fixture fixture =
      pod("containers: [{name: c, volumeDevices: [{name: raw, devicePath: /dev/x}], volumeMounts: "
          "[{name: data, mountPath: /d}, {name: conf, readOnly: true}]}]");
  const auto uses = volume_uses(containers_of(fixture).front());
  REQUIRE(uses.size() == 3);
  CHECK(uses[0].name == "data");
  CHECK(uses[0].path().text() == "/spec/containers/0/volumeMounts/0");
  CHECK_FALSE(uses[0].block);
  CHECK_FALSE(uses[0].read_only);
  CHECK(uses[1].name == "conf");
  CHECK(uses[1].path().text() == "/spec/containers/0/volumeMounts/1");
  CHECK(uses[1].read_only);
  CHECK(uses[2].name == "raw");
  CHECK(uses[2].path().text() == "/spec/containers/0/volumeDevices/0");
  CHECK(uses[2].block);
}

TEST_CASE("a set answers with the API's defaults, also for texts that are empty") {
  for (const char* spec :
       {"",
        "serviceName: \"\", podManagementPolicy: \"\", updateStrategy: {type: \"\"}, "
        "persistentVolumeClaimRetentionPolicy: {whenScaled: \"\", whenDeleted: null}",
        "replicas: null, updateStrategy: null, ordinals: null"}) {
    CAPTURE(spec);
    const Fixture fixture = stateful_set(spec);
    const StatefulSet set{fixture.object(Kind::stateful_set, "s")};
    CHECK(set.replicas() == 1);
    CHECK(set.service_name().empty());
    CHECK(set.pod_management_policy() == "OrderedReady");
    CHECK(set.update_strategy() == "RollingUpdate");
    CHECK(set.partition() == 0);
    CHECK(set.first_ordinal() == 0);
    CHECK(set.when_scaled() == "Retain");
    CHECK(set.when_deleted() == "Retain");
    CHECK(set.claim_templates().empty());
  }
}

TEST_CASE("a set answers with what is written") {
  const Fixture fixture = stateful_set(
      "replicas: 0, serviceName: svc, podManagementPolicy: Parallel, ordinals: {start: 5}, "
      "updateStrategy: {type: OnDelete, rollingUpdate: {partition: 2}}, "
      "persistentVolumeClaimRetentionPolicy: {whenScaled: Delete, whenDeleted: Delete}, "
      "template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c}]}}");
  const StatefulSet set{fixture.object(Kind::stateful_set, "s")};
  CHECK(set.replicas() == 0);
  CHECK(set.service_name() == "svc");
  CHECK(set.pod_management_policy() == "Parallel");
  CHECK(set.update_strategy() == "OnDelete");
  CHECK(set.partition() == 2);
  CHECK(set.first_ordinal() == 5);
  CHECK(set.when_scaled() == "Delete");
  CHECK(set.when_deleted() == "Delete");
  CHECK(set.pod_labels()["app"].text() == "a");
  CHECK(set.pod_spec().containers().front().path().text() == "/spec/template/spec/containers/0");
}

TEST_CASE("claim templates come in order, with their places and the default volume mode") {
  const Fixture fixture = stateful_set(
      "volumeClaimTemplates: [{metadata: {name: data}, spec: {volumeMode: Block}}, {metadata: "
      "{name: logs}}, wrong]");
  const StatefulSet set{fixture.object(Kind::stateful_set, "s")};
  const auto templates = set.claim_templates();
  REQUIRE(templates.size() == 3);
  CHECK(templates[0].name() == "data");
  CHECK(templates[1].path().text() == "/spec/volumeClaimTemplates/1");
  CHECK(templates[2].name().empty());
  CHECK(set.has_claim_template("logs"));
  CHECK_FALSE(set.has_claim_template("log"));
}

TEST_CASE("a place in a container lies on the deepest mount above it, or on no mount at all") {
  const Fixture fixture =
      pod("containers: [{name: c, volumeMounts: [{name: all, mountPath: /var/}, {name: data, "
          "mountPath: /var/lib/app}, {name: near, mountPath: /var/lib/application}]}]");
  const Container container = containers_of(fixture).front();
  const auto on = [&](std::string_view place) {
    const auto mount = mount_under(container, place);
    return mount ? mount->name : std::string_view("none");
  };
  CHECK(on("/var/lib/app") == "data");
  CHECK(on("/var/lib/app/db") == "data");
  CHECK(on("/var/lib/apple") == "all");
  CHECK(on("/var/lib") == "all");
  CHECK(on("/etc") == "none");
}

TEST_CASE("a mount is per Pod where its expression names what differs from Pod to Pod") {
  const auto per_pod = [](const std::string& env, const std::string& expression) {
    const Fixture fixture =
        pod("containers: [{name: c, env: [" + env +
            "], volumeMounts: [{name: v, mountPath: /v, subPathExpr: '" + expression + "'}]}]");
    const Container container = containers_of(fixture).front();
    return is_per_pod(container, volume_uses(container).front());
  };
  const std::string name = "{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}";
  CHECK(per_pod(name, "$(A)"));
  CHECK(per_pod(name, "x/$(A)"));
  CHECK_FALSE(per_pod(name, "A"));
  CHECK_FALSE(per_pod("{name: A, value: same}", "$(A)"));
  CHECK_FALSE(per_pod("{name: A, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}", "$(A)"));
  CHECK(per_pod(name + ", {name: B, value: 'b-$(A)'}", "$(B)"));
  CHECK_FALSE(per_pod("", "$(A)"));
}
