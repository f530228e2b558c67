// Services: which Pods they lead to, and at which port.

#include "engine/service.h"

#include <doctest/doctest.h>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

std::string set_yaml(const std::string& pod) {
  return "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec: {template: "
         "{metadata: "
         "{labels: {app: web, empty: \"\"}}, spec: " +
         pod + "}}\n";
}

std::string service_yaml(const std::string& spec, const std::string& name_space = "default") {
  return "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: " + name_space +
         "}\nspec: " + spec + "\n";
}

bool selects(const std::string& selector, const std::string& name_space = "default") {
  const Fixture fixture =
      Fixture::from_yaml(set_yaml("{}") + service_yaml("{selector: " + selector + "}", name_space));
  const Object* service = fixture.set.find(Kind::service, name_space, "web");
  REQUIRE(service != nullptr);
  return Service{*service}.selects(fixture.object(Kind::stateful_set, "web"));
}

}  // namespace

TEST_CASE("a Service selects Pods by all of its labels, and none without any") {
  CHECK(selects("{app: web}"));
  CHECK(selects("{app: web, empty: \"\"}"));
  CHECK(selects("{app: web, empty: }"));
  CHECK_FALSE(selects("{app: other}"));
  CHECK_FALSE(selects("{app: web, part: a}"));
  CHECK_FALSE(selects("{}"));
  CHECK_FALSE(selects("null"));
  CHECK_FALSE(selects("{app: web}", "elsewhere"));
}

TEST_CASE("the labels that the controller gives to its Pods count") {
  CHECK(selects("{statefulset.kubernetes.io/pod-name: web-0}"));
  CHECK(selects("{app: web, statefulset.kubernetes.io/pod-name: web-12}"));
  CHECK_FALSE(selects("{statefulset.kubernetes.io/pod-name: web-a-0}"));
  CHECK_FALSE(selects("{statefulset.kubernetes.io/pod-name: web}"));
  CHECK(selects("{apps.kubernetes.io/pod-index: \"0\"}"));
}

TEST_CASE("a port leads to its targetPort, or to its own number where that is absent, empty or 0") {
  const Fixture fixture = Fixture::from_yaml(service_yaml(
      "{ports: [{port: 80}, {port: 81, targetPort: 8080}, {port: 82, targetPort: http}, {port: 83, "
      "targetPort: 0, protocol: UDP}, {port: 84, targetPort: \"\"}]}"));
  const auto ports = Service{fixture.object(Kind::service, "web")}.ports();
  REQUIRE(ports.size() == 5);
  CHECK(ports[0].target().integer() == 80);
  CHECK(ports[1].target().integer() == 8080);
  CHECK(ports[2].target().text() == "http");
  CHECK(ports[3].target().integer() == 83);
  CHECK(ports[4].target().integer() == 84);
  CHECK(ports[1].path().text() == "/spec/ports/1");
  CHECK(ports[0].protocol() == "TCP");
  CHECK(ports[3].protocol() == "UDP");
}

TEST_CASE("named ports are those of containers that run on, of the same protocol") {
  const Fixture fixture = Fixture::from_yaml(set_yaml(
      "{containers: [{name: a, ports: [{name: http, containerPort: 80}, {name: dns, containerPort: "
      "53, protocol: UDP}]}], initContainers: [{name: once, ports: [{name: setup, containerPort: "
      "1}]}, {name: proxy, restartPolicy: Always, ports: [{name: https, containerPort: 443}]}]}"));
  const PodSpec pod = pod_spec_of(fixture.object(Kind::stateful_set, "web"));
  CHECK(port_named(pod, "http", "TCP") == 80);
  CHECK(port_named(pod, "https", "TCP") == 443);
  CHECK(port_named(pod, "dns", "UDP") == 53);
  CHECK_FALSE(port_named(pod, "dns", "TCP"));
  CHECK_FALSE(port_named(pod, "setup", "TCP"));
  CHECK_FALSE(port_named(pod, "", "TCP"));
  CHECK(declares_port(pod, 443, "TCP"));
  CHECK_FALSE(declares_port(pod, 53, "TCP"));
  CHECK_FALSE(declares_port(pod, 1, "TCP"));
  CHECK(declared_ports(pod) == 3);
  CHECK(declared_ports(pod_spec_of(Fixture::from_yaml(set_yaml("{containers: [{name: a}]}"))
                                       .object(Kind::stateful_set, "web"))) == 0);
}

TEST_CASE("a set that names no Service gets one that its release can have") {
  const auto proposed = [](const std::string& name, KubernetesVersion kubernetes) {
    const Object set{.kind = Kind::stateful_set, .name = name};
    return proposed_service_name(set, kubernetes);
  };
  CHECK(proposed("web", {1, 20}) == "web-headless");
  CHECK(proposed("2web", {1, 36}) == "2web-headless");
  CHECK(proposed("2web", {1, 35, 9}) == "s-2web-headless");
  CHECK(proposed("", {1, 20}).empty());
  CHECK(proposed("-web", {1, 20}).empty());
  CHECK(proposed("Web", kLatestKubernetes).empty());
  CHECK(proposed(std::string(54, 'a'), {1, 20}).size() == 63);
  CHECK(proposed(std::string(55, 'a'), {1, 20}).empty());
  CHECK(proposed(std::string(53, '2'), {1, 20}).empty());
}
