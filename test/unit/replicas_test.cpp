#include "engine/replicas.h"

#include <doctest/doctest.h>

#include <string>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

std::string set(const std::string& spec) {
  return "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {" + spec +
         "}}\n---\n";
}

std::string autoscaler(const std::string& name, const std::string& target,
                       const std::string& limits, const std::string& name_space = "default") {
  return "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: " + name +
         ", namespace: " + name_space + "}, spec: {scaleTargetRef: {" + target + "}, " + limits +
         "}}\n---\n";
}

std::string keda(const std::string& target, const std::string& limits) {
  return "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: k}, spec: "
         "{scaleTargetRef: {" +
         target + "}" + limits + "}}\n---\n";
}

constexpr const char* kWeb = "apiVersion: apps/v1, kind: StatefulSet, name: web";

std::int64_t most(const std::string& yaml) {
  const Fixture fixture = Fixture::from_yaml(yaml);
  return max_replicas(fixture.object(Kind::stateful_set, "web"), fixture.set);
}

}  // namespace

TEST_CASE(
    "without an autoscaler a set has what it says, one by default, and a paused one still has "
    "one") {
  CHECK(most(set("replicas: 3")) == 3);
  CHECK(most(set("")) == 1);
  CHECK(most(set("replicas: null")) == 1);
  CHECK(most(set("replicas: 0")) == 1);
  CHECK(most(set("replicas: 1")) == 1);
}

TEST_CASE("an autoscaler raises the number to its maximum and never lowers it") {
  CHECK(most(set("replicas: 1") + autoscaler("h", kWeb, "maxReplicas: 5")) == 5);
  CHECK(most(set("replicas: 0") + autoscaler("h", kWeb, "maxReplicas: 5")) == 5);
  CHECK(most(set("replicas: 9") + autoscaler("h", kWeb, "maxReplicas: 5")) == 9);
  CHECK(most(set("") + autoscaler("h", kWeb, "minReplicas: 4")) == 1);
}

TEST_CASE("of several autoscalers the largest maximum counts") {
  CHECK(most(set("") + autoscaler("a", kWeb, "maxReplicas: 2") +
             autoscaler("b", kWeb, "maxReplicas: 7") + autoscaler("c", kWeb, "maxReplicas: 4")) ==
        7);
}

TEST_CASE("an autoscaler counts only for the workload that it targets") {
  const auto with = [](const char* target) {
    return most(set("") + autoscaler("h", target, "maxReplicas: 5"));
  };
  CHECK(with("kind: StatefulSet, name: web") == 5);
  CHECK(with("apiVersion: \"\", kind: StatefulSet, name: web") == 5);
  CHECK(with("apiVersion: apps/v1beta2, kind: StatefulSet, name: web") == 5);
  CHECK(with("apiVersion: apps/v1, kind: StatefulSet, name: web2") == 1);
  CHECK(with("apiVersion: apps/v1, kind: Deployment, name: web") == 1);
  CHECK(with("apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, name: web") == 1);
  CHECK(with("apiVersion: apps/v1, name: web") == 1);
  CHECK(with("apiVersion: apps/v1, kind: Statefulset, name: web") == 1);
  CHECK(most(set("") + autoscaler("h", kWeb, "maxReplicas: 5", "other")) == 1);
}

// client-go, restmapper/discovery.go: a kind is known by its name and by its name in lower case.
TEST_CASE("an autoscaler may write the kind in lower case") {
  CHECK(most(set("") + autoscaler("h", "apiVersion: apps/v1, kind: statefulset, name: web",
                                  "maxReplicas: 5")) == 5);
  CHECK(most(set("") + autoscaler("h", "apiVersion: apps/v1, kind: stateful, name: web",
                                  "maxReplicas: 5")) == 1);
}

TEST_CASE("a ScaledObject means a Deployment unless it says more, and 100 unless it says less") {
  CHECK(most(set("") + keda("name: web", ", maxReplicaCount: 5")) == 1);
  CHECK(most(set("") + keda("name: web, kind: StatefulSet", ", maxReplicaCount: 5")) == 5);
  CHECK(most(set("") + keda("name: web, kind: StatefulSet", "")) == 100);
  CHECK(most(set("") + keda("name: web, kind: StatefulSet", ", maxReplicas: 5")) == 100);

  const Fixture fixture = Fixture::from_yaml(
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {}}\n---\n" +
      keda("name: web", ", maxReplicaCount: 6"));
  CHECK(max_replicas(fixture.object(Kind::deployment, "web"), fixture.set) == 6);
  const Fixture kindless = Fixture::from_yaml(
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {}}\n---\n" +
      autoscaler("h", "name: web", "maxReplicas: 6"));
  CHECK(max_replicas(kindless.object(Kind::deployment, "web"), kindless.set) == 1);
}

TEST_CASE("the autoscaler itself is answered, and nobody's for a workload without a name") {
  const Fixture fixture =
      Fixture::from_yaml(set("") + autoscaler("small", kWeb, "maxReplicas: 2") +
                         autoscaler("tall", kWeb, "maxReplicas: 3") +
                         autoscaler("nameless", "kind: StatefulSet", "maxReplicas: 8"));
  const Object& web = fixture.object(Kind::stateful_set, "web");
  CHECK(autoscaler_of(web, fixture.set) == &fixture.object(Kind::autoscaler, "tall"));
  CHECK(max_replicas_of(fixture.object(Kind::autoscaler, "small")) == 2);
  Object generated = web;
  generated.name = "";
  CHECK(autoscaler_of(generated, fixture.set) == nullptr);
  CHECK(autoscaler_of(web, ObjectSet()) == nullptr);
}
