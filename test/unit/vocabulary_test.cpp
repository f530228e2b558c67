// The words that policies speak: names, quantities, selectors, claims, replicas, requests, images.
// What the Kubernetes API says of each, as tables.

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "engine/claim.h"
#include "engine/known_images.h"
#include "engine/names.h"
#include "engine/quantity.h"
#include "engine/replicas.h"
#include "engine/request.h"
#include "engine/selector.h"
#include "engine/shape.h"
#include "engine/workload.h"
#include "engine/yaml_reader.h"
#include "test/unit/examples.h"

using namespace stateward;

namespace {

struct Yaml {
  explicit Yaml(const std::string& text) : read(read_yaml({text})) { REQUIRE(read.document); }
  Node node() const { return read.document->node(); }
  Object object() const { return objects_of(*read.document, "default").at(0); }
  ReadDocument read;
};

}  // namespace

TEST_CASE("names are those of RFC 1123, to the character") {
  for (const char* good : {"a", "0", "web-1", "a--b", "1web"}) CHECK(is_dns_label(good));
  for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b", "ä"}) CHECK_FALSE(is_dns_label(bad));
  CHECK(is_dns_label(std::string(63, 'a')));
  CHECK_FALSE(is_dns_label(std::string(64, 'a')));
  for (const char* good : {"a", "a.b", "web-1.example.com"}) CHECK(is_dns_subdomain(good));
  for (const char* bad : {"", ".", "a..b", "a.", ".a", "a.-b"}) CHECK_FALSE(is_dns_subdomain(bad));
  CHECK_FALSE(is_dns_subdomain(std::string(254, 'a')));
  for (const char* good : {"http", "a", "p-1"}) CHECK(is_port_name(good));
  for (const char* bad : {"", "80", "a--b", "-a", "sixteen-letters-", "abcdefghijklmnop"})
    CHECK_FALSE(is_port_name(bad));
  CHECK_FALSE(is_dns_label(std::string(1'000'000, 'a')));
}

TEST_CASE("quantities are read as the API server reads them") {
  const std::pair<const char*, double> cases[] = {{"0", 0},        {"10Gi", 10.0 * (1 << 30)},
                                                  {"1Ki", 1024},   {"100m", 0.1},
                                                  {"1e3", 1000},   {"1E3", 1000},
                                                  {"5E", 5e18},    {"1.5M", 1.5e6},
                                                  {"-1", -1},      {"+2k", 2000},
                                                  {".5", 0.5},     {"5.", 5},
                                                  {"12e-3", 0.012}};
  for (const auto& [text, value] : cases) {
    CAPTURE(text);
    const auto quantity = parse_quantity(text);
    REQUIRE(quantity);
    CHECK(quantity->value == doctest::Approx(value));
  }
  for (const char* bad :
       {"", "Gi", "1gi", "1 Gi", "1GiB", "ten", "1.2.3", ".", "1e", "--1", "0x10", "1K"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_quantity(bad));
  }
  CHECK(parse_quantity("1Gi")->suffix == "Gi");
  CHECK(quantity(Yaml("a: 5").node()["a"])->value == 5);
}

TEST_CASE("a selector matches as metav1 LabelSelector does") {
  const Yaml labels("{app: web, tier: db}");
  const std::pair<const char*, bool> cases[] = {
      {"{}", true},
      {"~: x", false},
      {"{matchLabels: {app: web}}", true},
      {"{matchLabels: {app: web, tier: api}}", false},
      {"{matchLabels: {zone: a}}", false},
      {"{matchExpressions: [{key: app, operator: In, values: [api, web]}]}", true},
      {"{matchExpressions: [{key: zone, operator: In, values: [a]}]}", false},
      {"{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", false},
      {"{matchExpressions: [{key: zone, operator: NotIn, values: [a]}]}", true},
      {"{matchExpressions: [{key: app, operator: Exists}]}", true},
      {"{matchExpressions: [{key: zone, operator: DoesNotExist}]}", true},
      {"{matchExpressions: [{key: app, operator: Like}]}", false},
  };
  for (const auto& [selector, matches] : cases) {
    CAPTURE(selector);
    if (std::string(selector) == "~: x") {
      CHECK_FALSE(selector_matches(Node(), labels.node()));
      continue;
    }
    CHECK(selector_matches(Yaml(std::string("s: ") + selector).node()["s"], labels.node()) ==
          matches);
  }
}

TEST_CASE("a claim's name is taken apart exactly, never greedily") {
  CHECK(ordinal_of("data-web-1", "data-web") == 1);
  CHECK(ordinal_of("data-web-0", "data-web") == 0);
  for (const char* other :
       {"data-web", "data-web-", "data-web-01", "data-web-1a", "data-web--1", "data-web-1-2",
        "data-webb-1", "data-web-99999999999999999999", "adata-web-1"}) {
    CAPTURE(other);
    CHECK_FALSE(ordinal_of(other, "data-web"));
  }
  const ExampleFile sets(
      "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: petset}\nspec: "
      "{volumeClaimTemplates: [{metadata: {name: "
      "alpha-beta}}]}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: "
      "beta-petset}\nspec: "
      "{volumeClaimTemplates: [{metadata: {name: alpha}}]}\n");
  const ObjectSet& set = sets.subjects().front().set;
  CHECK(owners_of_claim("alpha-beta-petset-3", "default", set).size() == 2);
  CHECK(owners_of_claim("alpha-beta-petset-3", "elsewhere", set).empty());
  CHECK(owners_of_claim("alpha-petset-0", "default", set).empty());
}

TEST_CASE("replicas count to the largest number that anybody may ask for") {
  const auto most = [](const std::string& replicas, const std::string& scaler) {
    const ExampleFile file(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec: {" + replicas +
        "}\n---\n" + scaler);
    return max_replicas(*file.objects().front(), file.subjects().front().set);
  };
  const std::string hpa =
      "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: "
      "{maxReplicas: 7, "
      "scaleTargetRef: {kind: StatefulSet, name: web}}\n";
  CHECK(most("", "") == 1);
  CHECK(most("replicas: 0", "") == 1);
  CHECK(most("replicas: 3", "") == 3);
  CHECK(most("replicas: 1", hpa) == 7);
  CHECK(most("replicas: 9", hpa) == 9);
  std::string deployment = hpa;
  deployment.replace(deployment.find("StatefulSet"), 11, "Deployment");
  CHECK(most("replicas: 1", deployment) == 1);
  const std::string keda =
      "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: k}\nspec: "
      "{scaleTargetRef: ";
  CHECK(most("replicas: 1", keda + "{kind: StatefulSet, name: web}}\n") == 100);
  CHECK(most("replicas: 1", keda + "{name: web}}\n") == 1);
}

TEST_CASE("who asks is told by whole names") {
  for (const char* user : {"system:node:n1", "system:kube-controller-manager",
                           "system:serviceaccount:kube-system:statefulset-controller",
                           "system:serviceaccount:kube-system:generic-garbage-collector"}) {
    CAPTURE(user);
    CHECK(is_system_actor(user));
  }
  for (const char* user :
       {"system:node:", "system:nodes:n1", "system:node:n1:x", "admin",
        "system:kube-controller-manager2",
        "system:serviceaccount:kube-system:statefulset-controller2",
        "system:serviceaccount:default:statefulset-controller",
        "system:serviceaccount:kube-system:horizontal-pod-autoscaler", "xsystem:node:n1", ""}) {
    CAPTURE(user);
    CHECK_FALSE(is_system_actor(user));
  }
  CHECK(is_autoscaler("system:serviceaccount:kube-system:horizontal-pod-autoscaler"));
  CHECK(is_service_account("system:serviceaccount:a:b"));
  CHECK_FALSE(is_service_account("system:serviceaccounts"));
}

TEST_CASE("consent has a reason, and an end that is a day of the calendar") {
  const Date today{2026, 11, 21};
  CHECK(parse_consent("moving house", today)->reason == "moving house");
  CHECK(parse_consent(" a; b ; until 2026-11-21 ", today)->reason == "a; b");
  CHECK(parse_consent("a; not until then", today)->reason == "a; not until then");
  for (const char* text : {"", "  ", "; until 2027-01-01", "a; until 2026-11-20", "a; until soon",
                           "a; until 2027-02-29", "a; until 2027-13-01", "a; until"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_consent(text, today));
  }
  CHECK(parse_date("2028-02-29"));
  CHECK_FALSE(parse_date("2100-02-29"));
  CHECK_FALSE(parse_date("2027-1-01"));
}

TEST_CASE(
    "an image is known by the last part of its repository, unless its command is overridden") {
  CHECK(image_repository("postgres") == "postgres");
  CHECK(image_repository("registry:5000/library/postgres:16@sha256:abc") == "postgres");
  CHECK(image_repository("registry:5000/postgres") == "postgres");
  const Yaml known("{name: db, image: 'docker.io/library/postgres:16'}");
  const Yaml overridden("{name: db, image: 'postgres:16', command: [sleep]}");
  CHECK(known_image({.node = known.node()})->data_path == "/var/lib/postgresql");
  CHECK(known_image({.node = overridden.node()}) == nullptr);
  CHECK_FALSE(known_image({.node = Yaml("{image: hashicorp/vault:1}").node()})->inject_readiness);
  CHECK(is_helper_container({.node = Yaml("{name: istio-proxy}").node()}));
  CHECK(
      is_helper_container({.node = Yaml("{name: m, image: 'oliver006/redis_exporter:1'}").node()}));
  CHECK_FALSE(is_helper_container({.node = known.node()}));
  CHECK(is_client_port_name("grpc-api"));
  CHECK_FALSE(is_client_port_name("peers"));
}

TEST_CASE("typed views answer with the API's defaults and every list of containers is walked") {
  const Yaml empty("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: {}");
  const Object object = empty.object();
  const StatefulSet set{object};
  CHECK(set.replicas() == 1);
  CHECK(set.pod_management_policy() == "OrderedReady");
  CHECK(set.update_strategy() == "RollingUpdate");
  CHECK(set.when_scaled() == "Retain");
  CHECK(set.pod_spec().containers().empty());
  const Yaml pod(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {ephemeralContainers: [{name: c}], "
      "initContainers: "
      "[{name: b, restartPolicy: Always}, {name: i}], containers: [{name: a}]}");
  const auto containers = pod_spec_of(pod.object()).containers();
  REQUIRE(containers.size() == 4);
  CHECK(containers[0].path().text() == "/spec/containers/0");
  CHECK(containers[1].restartable_init());
  CHECK_FALSE(containers[2].long_running());
  CHECK(containers[3].path().text() == "/spec/ephemeralContainers/0");
  CHECK(Probe{Yaml("{initialDelaySeconds: 5, periodSeconds: 0}").node()}.budget() == 35);
  const Yaml cron(
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: "
      "{template: {spec: "
      "{containers: [{name: a}]}}}}}");
  CHECK(pod_spec_of(cron.object()).containers().front().path().text() ==
        "/spec/jobTemplate/spec/template/spec/containers/0");
}

TEST_CASE("a field of the wrong type is told with its path") {
  const auto first = [](const std::string& spec) {
    const Yaml yaml("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: " + spec);
    const auto wrong = misshapes(yaml.object());
    return wrong.empty() ? std::string() : wrong.front().path.text() + " " + wrong.front().message;
  };
  CHECK(first("{replicas: 3}").empty());
  CHECK(first("{replicas: ~}").empty());
  CHECK(first("{replicas: '3'}") == "/spec/replicas expected a whole number, found text");
  CHECK(first("{template: {metadata: {annotations: {a: true}}}}") ==
        "/spec/template/metadata/annotations/a expected text, found a boolean; quote it");
  CHECK(
      first("{template: {spec: {containers: [{name: a}, {env: [{name: A, value: 80}]}]}}}") ==
      "/spec/template/spec/containers/1/env/0/value expected text, found a whole number; quote it");
  CHECK(first("{template: {spec: {containers: {name: a}}}}") ==
        "/spec/template/spec/containers expected a list, found a map");
  CHECK(first("{volumeClaimTemplates: [{spec: {resources: {requests: {storage: [1]}}}}]}") ==
        "/spec/volumeClaimTemplates/0/spec/resources/requests/storage expected a quantity, found a "
        "list");
  CHECK(
      first("{template: {spec: {containers: [{livenessProbe: {httpGet: {port: http}}, ports: "
            "[{containerPort: '80'}]}]}}}") ==
      "/spec/template/spec/containers/0/ports/0/containerPort expected a whole number, found text");
}
