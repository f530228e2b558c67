#include "engine/config_reference.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

// "name place how", one a line; those that are refreshed with a "~".
std::string references(const std::string& spec) {
  const Fixture fixture =
      Fixture::from_yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" + spec + "}}");
  std::string all;
  for (const ConfigReference& one :
       config_references(pod_spec_of(fixture.object(Kind::pod, "p")))) {
    all +=
        fmt::format("{}{} {} {}\n", one.refreshed ? "~" : "", one.name, one.path.text(), one.how);
  }
  return all;
}

const std::string kVolume = "volumes: [{name: v, configMap: {name: c}}]";

}  // namespace

TEST_CASE("a container's environment names ConfigMaps and Secrets by key and as a whole") {
  CHECK(references("containers: [{name: a, envFrom: [{secretRef: {name: s}}], env: [{name: X, "
                   "value: y}, {name: Z, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}]") ==
        "s /spec/containers/0/envFrom/0/secretRef/name its environment\n"
        "c /spec/containers/0/env/1/valueFrom/configMapKeyRef/name its environment\n");
}

TEST_CASE("a mounted volume is refreshed, by subPath or in an init container alone it is not") {
  const std::string whole = "volumeMounts: [{name: v, mountPath: /c}]";
  const std::string part = "volumeMounts: [{name: v, mountPath: /c, subPath: c}]";
  CHECK(references(kVolume).empty());
  CHECK(references("containers: [{name: a, " + whole + "}], " + kVolume) ==
        "~c /spec/volumes/0/configMap/name a volume\n");
  CHECK(references("containers: [{name: a, " + part + "}], " + kVolume) ==
        "c /spec/containers/0/volumeMounts/0 a subPath mount\n");
  CHECK(references("initContainers: [{name: a, " + whole + "}], " + kVolume) ==
        "c /spec/volumes/0/configMap/name an init container\n");
  CHECK(references("initContainers: [{name: a, restartPolicy: Always, " + whole + "}], " +
                   kVolume) == "~c /spec/volumes/0/configMap/name a volume\n");
  CHECK(references("initContainers: [{name: a, " + part + "}], containers: [{name: b, " + whole +
                   "}], " + kVolume) == "~c /spec/volumes/0/configMap/name a volume\n");
  CHECK(references("containers: [{name: b, " + whole + "}, {name: a, " + part + "}], " + kVolume) ==
        "c /spec/containers/1/volumeMounts/0 a subPath mount\n");
}

TEST_CASE("projected volumes name several") {
  CHECK(references("containers: [{name: a, volumeMounts: [{name: v, mountPath: /c}]}], volumes: "
                   "[{name: v, projected: {sources: [{secret: {name: s}}, {configMap: {name: c}}, "
                   "{serviceAccountToken: {path: t}}]}}]") ==
        "~s /spec/volumes/0/projected/sources/0/secret/name a volume\n"
        "~c /spec/volumes/0/projected/sources/1/configMap/name a volume\n");
}

TEST_CASE("names that end with a version or a hash are told from those that do not") {
  for (const char* name : {"redis-config-ver-1", "app-v2", "app-1.4.0", "app-v1.4.0", "app-rev12",
                           "app-5m8t9dkk74", "app-3f9a0c1", "app-20261121", "app-config-v-3"}) {
    CAPTURE(name);
    CHECK(ends_with_version(name));
  }
  for (const char* name : {"redis-config", "zookeeper-0", "kafka-2", "app", "app-server", "app-v",
                           "app-facade", "app-", "", "app-version", "app-ver", "mysql-8"}) {
    CAPTURE(name);
    CHECK_FALSE(ends_with_version(name));
  }
}
