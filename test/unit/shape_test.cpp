#include "engine/shape.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

// The misshapes of the only object in `yaml`, as "path: message".
std::vector<std::string> wrong(const std::string& yaml) {
  const Fixture fixture = Fixture::from_yaml(yaml);
  REQUIRE(fixture.set.objects().size() == 1);
  std::vector<std::string> all;
  for (const Misshape& misshape : misshapes(fixture.set.objects().front()))
    all.push_back(misshape.path.text() + ": " + misshape.message);
  return all;
}

std::string object(const std::string& api_version, const std::string& kind,
                   const std::string& rest) {
  return "{apiVersion: " + api_version + ", kind: " + kind + ", " + rest + "}";
}

std::string set(const std::string& spec) {
  return object("apps/v1", "StatefulSet", "spec: {" + spec + "}");
}

std::string pod(const std::string& spec) { return object("v1", "Pod", "spec: {" + spec + "}"); }

std::string container(const std::string& fields) { return pod("containers: [{" + fields + "}]"); }

using Wrong = std::vector<std::string>;

struct Case {
  std::string yaml;
  std::string said;
};

}  // namespace

TEST_CASE("a set with every field of the right type has nothing wrong with it") {
  CHECK(wrong(R"(
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
  labels: {app: web, empty: ""}
  annotations: {when: "2026", flag: "true"}
  ownerReferences: [{apiVersion: v1, kind: Owner, name: o, uid: u, controller: true}]
spec:
  replicas: 3
  serviceName: web
  selector: {matchLabels: {app: web}, matchExpressions: [{key: app, operator: In, values: [web]}]}
  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1, maxUnavailable: 50%}}
  ordinals: {start: 1}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 3000000000
      nodeSelector: {disk: ssd}
      containers:
        - name: c
          image: i
          env: [{name: A, value: "1"}, {name: B, valueFrom: {fieldRef: {fieldPath: x}}}]
          ports: [{name: http, containerPort: 8080, protocol: TCP}]
          resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 0.5}}
          readinessProbe: {httpGet: {port: http}, periodSeconds: 5}
          livenessProbe: {tcpSocket: {port: 8080}}
          startupProbe: {grpc: {port: 9}}
          volumeMounts: [{name: data, mountPath: /d, readOnly: false}]
      volumes: [{name: v, persistentVolumeClaim: {claimName: v}}]
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: k, labelSelector: {}}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10}}}
status: {readyReplicas: 1, updateRevision: r}
)")
            .empty());
}

TEST_CASE("null is right everywhere, and fields that nobody reads may hold anything") {
  CHECK(wrong(set("replicas: null, template: null, volumeClaimTemplates: null, serviceName: null"))
            .empty());
  CHECK(wrong(container("name: null, ports: null, env: [null], command: [null]")).empty());
  CHECK(wrong(object("v1", "Pod", "metadata: {labels: {a: null}, annotations: null}, spec: null"))
            .empty());
  CHECK(wrong(set("unheardOf: {replicas: text}, template: {spec: {dnsConfig: 7}}")).empty());
  CHECK(wrong(object("v1", "ConfigMap", "metadata: 7, spec: 8")).empty());
}

TEST_CASE("each misshape names its place, what was expected and what is there") {
  const Case cases[] = {
      {set("replicas: \"3\""), "/spec/replicas: expected a whole number, found text"},
      {set("replicas: 2.5"), "/spec/replicas: expected a whole number, found a number"},
      {set("replicas: [3]"), "/spec/replicas: expected a whole number, found a list"},
      {set("selector: text"), "/spec/selector: expected a map, found text"},
      {set("template: []"), "/spec/template: expected a map, found a list"},
      {set("volumeClaimTemplates: {}"), "/spec/volumeClaimTemplates: expected a list, found a map"},
      {set("volumeClaimTemplates: [x]"),
       "/spec/volumeClaimTemplates/0: expected a map, found text"},
      {set("serviceName: {}"), "/spec/serviceName: expected text, found a map"},
      {set("ordinals: {start: x}"), "/spec/ordinals/start: expected a whole number, found text"},
      {set("persistentVolumeClaimRetentionPolicy: Delete"),
       "/spec/persistentVolumeClaimRetentionPolicy: expected a map, found text"},
      {set("updateStrategy: {rollingUpdate: {partition: \"1\"}}"),
       "/spec/updateStrategy/rollingUpdate/partition: expected a whole number, found text"},
      {set("volumeClaimTemplates: [{spec: {accessModes: ReadWriteOnce}}]"),
       "/spec/volumeClaimTemplates/0/spec/accessModes: expected a list, found text"},
      {set("volumeClaimTemplates: [{spec: {resources: {requests: {storage: true}}}}]"),
       "/spec/volumeClaimTemplates/0/spec/resources/requests/storage: expected a quantity, found a "
       "boolean"},
      {container("ports: [{containerPort: \"80\"}]"),
       "/spec/containers/0/ports/0/containerPort: expected a whole number, found text"},
      {container("command: sleep"), "/spec/containers/0/command: expected a list, found text"},
      {container("readinessProbe: {httpGet: {port: 1.5}}"),
       "/spec/containers/0/readinessProbe/httpGet/port: expected a whole number or text, found a "
       "number"},
      {container("livenessProbe: {grpc: {port: http}}"),
       "/spec/containers/0/livenessProbe/grpc/port: expected a whole number, found text"},
      {container("volumeMounts: [{readOnly: \"true\"}]"),
       "/spec/containers/0/volumeMounts/0/readOnly: expected true or false, found text"},
      {pod("hostNetwork: 1"), "/spec/hostNetwork: expected true or false, found a whole number"},
      {pod("volumes: [{persistentVolumeClaim: name}]"),
       "/spec/volumes/0/persistentVolumeClaim: expected a map, found text"},
      {object("v1", "Pod", "metadata: {ownerReferences: [{controller: \"true\"}]}"),
       "/metadata/ownerReferences/0/controller: expected true or false, found text"},
      {object("v1", "Pod", "metadata: {labels: [a]}"),
       "/metadata/labels: expected a map, found a list"},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.yaml);
    CHECK(wrong(expected.yaml) == Wrong{expected.said});
  }
}

TEST_CASE(
    "a number or boolean where text belongs is told to be quoted, and its value is not shown") {
  const Case cases[] = {
      {object("v1", "Pod", "metadata: {annotations: {a.b/c: 1}}"),
       "/metadata/annotations/a.b~1c: expected text, found a whole number; quote it"},
      {object("v1", "Pod", "metadata: {annotations: {a: yes}}"),
       "/metadata/annotations/a: expected text, found a boolean; quote it"},
      {object("v1", "Pod", "metadata: {labels: {version: 1.5}}"),
       "/metadata/labels/version: expected text, found a number; quote it"},
      {object("v1", "Pod", "metadata: {labels: {\"\": 1}}"),
       "/metadata/labels/: expected text, found a whole number; quote it"},
      {container("env: [{name: A, value: \"1\"}, {name: PORT, value: 8080}]"),
       "/spec/containers/0/env/1/value: expected text, found a whole number; quote it"},
      {container("args: [run, 7]"),
       "/spec/containers/0/args/1: expected text, found a whole number; quote it"},
      {container("env: [{name: A, value: [x]}]"),
       "/spec/containers/0/env/0/value: expected text, found a list"},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.yaml);
    CHECK(wrong(expected.yaml) == Wrong{expected.said});
  }
}

TEST_CASE("a number that its field cannot hold is refused, as the decoder refuses it") {
  CHECK(wrong(set("replicas: 2147483647, minReadySeconds: -2147483648")).empty());
  CHECK(wrong(set("replicas: 2147483648")) ==
        Wrong{"/spec/replicas: expected a whole number of 32 bits, found 2147483648"});
  CHECK(wrong(set("ordinals: {start: -2147483649}")) ==
        Wrong{"/spec/ordinals/start: expected a whole number of 32 bits, found -2147483649"});
  CHECK(wrong(container("readinessProbe: {tcpSocket: {port: 4294967296}}")) ==
        Wrong{"/spec/containers/0/readinessProbe/tcpSocket/port: expected a whole number of 32 "
              "bits, found 4294967296"});
  CHECK(wrong(container("livenessProbe: {periodSeconds: 4611686018427387904}")).size() == 1);
  CHECK(wrong(pod("terminationGracePeriodSeconds: 4611686018427387904, activeDeadlineSeconds: "
                  "4611686018427387904"))
            .empty());
}

TEST_CASE("every misshape is told in its order, also inside init containers and claim templates") {
  CHECK(
      wrong(set("replicas: x, template: {spec: {initContainers: [{image: 1}], containers: [{image: "
                "2}]}}, volumeClaimTemplates: [{metadata: {labels: {a: 3}}}]")) ==
      Wrong{"/spec/replicas: expected a whole number, found text",
            "/spec/template/spec/initContainers/0/image: expected text, found a whole number; "
            "quote it",
            "/spec/template/spec/containers/0/image: expected text, found a whole number; quote it",
            "/spec/volumeClaimTemplates/0/metadata/labels/a: expected text, found a whole number; "
            "quote it"});
}

TEST_CASE("every kind that policies look at has its shape") {
  const Case cases[] = {
      {object("apps/v1", "Deployment", "spec: {template: {spec: {nodeName: 1}}}"),
       "/spec/template/spec/nodeName"},
      {object("apps/v1", "Deployment", "spec: {strategy: {rollingUpdate: {maxSurge: true}}}"),
       "/spec/strategy/rollingUpdate/maxSurge"},
      {object("apps/v1", "ReplicaSet", "spec: {replicas: x}"), "/spec/replicas"},
      {object("apps/v1", "DaemonSet", "spec: {template: {spec: {nodeName: 1}}}"),
       "/spec/template/spec/nodeName"},
      {object("v1", "ReplicationController", "spec: {selector: {app: 1}}"), "/spec/selector/app"},
      {object("batch/v1", "Job", "spec: {template: {spec: {nodeName: 1}}}"),
       "/spec/template/spec/nodeName"},
      {object("batch/v1", "CronJob",
              "spec: {jobTemplate: {spec: {template: {spec: {nodeName: 1}}}}}"),
       "/spec/jobTemplate/spec/template/spec/nodeName"},
      {object("v1", "PersistentVolumeClaim", "spec: {storageClassName: 1}"),
       "/spec/storageClassName"},
      {object("v1", "Service", "spec: {ports: [{targetPort: true}]}"), "/spec/ports/0/targetPort"},
      {object("v1", "Service", "spec: {selector: {app: true}}"), "/spec/selector/app"},
      {object("policy/v1", "PodDisruptionBudget", "spec: {maxUnavailable: 0.5}"),
       "/spec/maxUnavailable"},
      {object("policy/v1", "PodDisruptionBudget", "spec: {minAvailable: []}"),
       "/spec/minAvailable"},
      {object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {maxReplicas: \"5\"}"),
       "/spec/maxReplicas"},
      {object("keda.sh/v1alpha1", "ScaledObject", "spec: {maxReplicaCount: \"5\"}"),
       "/spec/maxReplicaCount"},
      {object("autoscaling/v1", "Scale", "spec: {replicas: x}"), "/spec/replicas"},
      {object("v1", "Node", "spec: {taints: [{key: 1}]}"), "/spec/taints/0/key"},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.yaml);
    const Wrong said = wrong(expected.yaml);
    REQUIRE(said.size() == 1);
    CHECK(said.front().starts_with(expected.said + ": expected "));
  }
}

namespace {

std::string repeated(const std::string& entry, std::size_t times) {
  std::string list;
  for (std::size_t i = 0; i < times; ++i) list += entry + ",";
  return "[" + list + "]";
}

std::string crowd(std::size_t volumes, std::size_t mounts, std::size_t variables) {
  return container("volumeMounts: " + repeated("{name: a, mountPath: /a}", mounts) +
                   ", env: " + repeated("{name: A}", variables) +
                   "}], volumes: " + repeated("{name: a}", volumes) + ", x: [{");
}

}  // namespace

TEST_CASE("what holds more volumes and mounts than any Pod is not judged") {
  CHECK(wrong(crowd(100, 9'900, 1)).empty());
  CHECK(wrong(crowd(100, 9'901, 1)) ==
        Wrong{"/spec: 100 volumes and 9901 mounts are more than can be judged"});
  CHECK(wrong(crowd(1'000, 0, 0)).empty());
  CHECK(wrong(crowd(1'001, 0, 0)) ==
        Wrong{"/spec: 1001 volumes and 0 mounts are more than can be judged"});
  CHECK(wrong(crowd(1, 1'000, 1'000)).empty());
  CHECK(wrong(crowd(1, 1'000, 1'001)) ==
        Wrong{"/spec: 1000 mounts beside so many variables are more than can be judged"});
  CHECK(wrong(set("volumeClaimTemplates: " + repeated("{metadata: {name: a}}", 1'001))) ==
        Wrong{"/spec: 1001 volumes and 0 mounts are more than can be judged"});
}
