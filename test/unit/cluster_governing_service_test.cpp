// What becomes of governing Services: every row of the table, and the Service that is made.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cluster/disruption_budget.h"
#include "cluster/governing_service.h"
#include "engine/json_reader.h"
#include "engine/timestamp.h"
#include "test/unit/fixture.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Action = ServiceStep::Action;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};

std::string at(std::chrono::seconds before) {
  return to_timestamp((kNow - before).time_since_epoch().count());
}

struct Set {
  std::string name = "db";
  std::string service = "db-headless";
  std::string labels = "{app: db}";
  std::string selector = "{matchLabels: {app: db}}";
  std::string containers = "[{name: app, ports: [{name: sql, containerPort: 5432}]}]";
  std::string metadata;  // more of it
  std::chrono::seconds age = 1h;

  std::string yaml() const {
    return fmt::format(
        "---\napiVersion: apps/v1\nkind: StatefulSet\n"
        "metadata: {{name: {0}, uid: uid-{0}, creationTimestamp: '{1}'{2}}}\n"
        "spec:\n  serviceName: '{3}'\n  replicas: 3\n  selector: {4}\n"
        "  template: {{metadata: {{labels: {5}}}, spec: {{containers: {6}}}}}\n",
        name, at(age), metadata.empty() ? "" : ", " + metadata, service, selector, labels,
        containers);
  }
};

std::string service(const std::string& spec, const std::string& metadata = "") {
  return fmt::format(
      "---\napiVersion: v1\nkind: Service\nmetadata: {{name: db-headless{}}}\nspec: {}\n",
      metadata.empty() ? "" : ", " + metadata, spec);
}

const std::string kOurs =
    "uid: s-1, labels: {app.kubernetes.io/managed-by: stateward, stateward.dev/governs: db}, "
    "ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: uid-db}]";
const std::string kPorts = "ports: [{name: sql, port: 5432, protocol: TCP, targetPort: 5432}]";
const std::string kGood = "{clusterIP: None, selector: {app: db}, " + kPorts + "}";

struct Decision {
  Action action = Action::none;
  std::string reason;
  std::string message;
  std::chrono::sys_seconds due;
  Json body;
  std::size_t steps = 0;
};

Decision decide_for(const std::string& yaml, std::chrono::sys_seconds now = kNow) {
  const Fixture fixture = Fixture::from_yaml(yaml);
  const auto steps = govern("default", fixture.set, now);
  if (steps.empty()) return {};
  const ServiceStep& step = steps.front();
  return {.action = step.action,
          .reason = step.reason,
          .message = step.message,
          .due = step.due,
          .body = step.body.empty() ? Json() : Json::parse(step.body),
          .steps = steps.size()};
}

Json ports_for(const std::string& containers, const std::string& more = "") {
  const Json spec = decide_for(Set{.containers = containers}.yaml() + more).body["spec"];
  return spec.contains("ports") ? spec["ports"] : Json();
}

// "name number/PROTOCOL" of each.
std::vector<std::string> shown(const Json& ports) {
  std::vector<std::string> all;
  for (const Json& port : ports) {
    CHECK(port["port"] == port["targetPort"]);
    all.push_back(fmt::format("{} {}/{}", port["name"].get<std::string>(), port["port"].get<int>(),
                              port["protocol"].get<std::string>()));
  }
  return all;
}

}  // namespace

TEST_CASE("each row of the table of governing Services") {
  struct Row {
    const char* name;
    std::string yaml;
    Action action;
    const char* reason = "";
  };
  const std::string set = Set{}.yaml();
  const Row rows[] = {
      {"nothing is there", set, Action::create},
      {"ours, as it should be", set + service(kGood, kOurs), Action::none},
      {"ours, another selector",
       set + service("{clusterIP: None, selector: {app: x}, " + kPorts + "}", kOurs),
       Action::update},
      {"ours, more selector",
       set + service("{clusterIP: None, selector: {app: db, x: y}, " + kPorts + "}", kOurs),
       Action::update},
      {"ours, no ports", set + service("{clusterIP: None, selector: {app: db}}", kOurs),
       Action::update},
      {"ours, orphaned",
       set +
           service(kGood,
                   "labels: {app.kubernetes.io/managed-by: stateward, stateward.dev/governs: db}"),
       Action::update},
      {"ours, of a set that was made anew",
       set + service(kGood,
                     "labels: {app.kubernetes.io/managed-by: stateward, "
                     "stateward.dev/governs: db}, ownerReferences: [{apiVersion: apps/v1, "
                     "kind: StatefulSet, name: db, uid: older}]"),
       Action::update},
      {"ours, being deleted",
       set + service("{clusterIP: None}", kOurs + ", deletionTimestamp: '" + at(1s) + "'"),
       Action::none},
      {"foreign, headless, selects the Pods",
       set + service("{clusterIP: None, selector: {app: db}}"), Action::none},
      {"foreign, headless, without a selector", set + service("{clusterIP: None}"), Action::none},
      {"foreign, selects others", set + service("{clusterIP: None, selector: {app: other}}"),
       Action::report, "GoverningServiceSelectsOthers"},
      {"foreign, selects one member",
       set + service("{clusterIP: None, selector: {app: db, statefulset.kubernetes.io/pod-name: "
                     "db-0}}"),
       Action::none},
      {"foreign, with an address", set + service("{clusterIP: 10.0.0.1, selector: {app: db}}"),
       Action::report, "GoverningServiceNotHeadless"},
      {"foreign, a load balancer",
       set + service("{clusterIP: 10.0.0.1, type: LoadBalancer, selector: {app: db}}"),
       Action::report, "GoverningServiceNotHeadless"},
      {"foreign, an external name", set + service("{type: ExternalName, externalName: x}"),
       Action::report, "GoverningServiceIsExternalName"},
      {"foreign, being deleted",
       set + service("{clusterIP: 10.0.0.1}", "deletionTimestamp: '" + at(1s) + "'"), Action::none},
      {"managed by us in name only",
       set + service("{clusterIP: 10.0.0.1}", "labels: {app.kubernetes.io/managed-by: stateward}"),
       Action::report, "GoverningServiceNotHeadless"},
      {"another's, that governs",
       set + service("{clusterIP: None, selector: {app: x}}",
                     "labels: {app.kubernetes.io/managed-by: Helm, "
                     "stateward.dev/governs: db}"),
       Action::report, "GoverningServiceSelectsOthers"},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.name));
    const Decision decision = decide_for(row.yaml);
    CHECK(decision.action == row.action);
    CHECK(decision.reason == row.reason);
    CHECK(decision.steps == 1);
    CHECK(decision.message.size() <= 1000);
    CHECK(decision.message.empty() == (row.action != Action::report));
  }
}

TEST_CASE("sets that are going, operated, opted out or name no Service are passed over") {
  const auto none = [](const Set& set, const std::string& more = "") {
    const Decision decision = decide_for(set.yaml() + more);
    return decision.steps == 0;
  };
  const auto space = [](const std::string& labels) {
    return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: " + labels +
           "}\n";
  };
  CHECK_FALSE(none({}));
  CHECK(none({.service = ""}));
  CHECK(none({.metadata = "deletionTimestamp: '" + at(1s) + "'"}));
  CHECK(none({.metadata = "ownerReferences: [{apiVersion: x/v1, kind: Postgres, name: x, uid: u, "
                          "controller: true}]"}));
  CHECK_FALSE(
      none({.metadata = "ownerReferences: [{apiVersion: x/v1, kind: App, name: x, uid: u}]"}));
  CHECK(none({.metadata = "annotations: {stateward.dev/inject: none}"}));
  CHECK(none({.metadata = "annotations: {stateward.dev/inject: probes}"}));
  CHECK_FALSE(none({.metadata = "annotations: {stateward.dev/inject: 'probes, service-name'}"}));
  CHECK(none({}, space("{stateward.dev/inject: none}")));
  CHECK(none({}, space("{stateward.dev/inject: probes.retention-labels}")));
  CHECK_FALSE(none({}, space("{stateward.dev/inject: probes.service-name}")));
  // The set's own word counts before its namespace's.
  CHECK_FALSE(none({.metadata = "annotations: {stateward.dev/inject: service-name}"},
                   space("{stateward.dev/inject: none}")));
}

TEST_CASE(
    "a name that was injected is made at once, one that the user gave is left to installers") {
  const auto of_age = [](std::chrono::seconds age, const std::string& metadata = "") {
    return decide_for(Set{.metadata = metadata, .age = age}.yaml());
  };
  const std::string injected = "annotations: {stateward.dev/injected: ";
  CHECK(of_age(0s).action == Action::wait);
  CHECK(of_age(0s).due == kNow + 30s);
  CHECK(of_age(29s).action == Action::wait);
  CHECK(of_age(29s).due == kNow + 1s);
  CHECK(of_age(30s).action == Action::create);
  CHECK(of_age(0s, injected + "service-name}").action == Action::create);
  CHECK(of_age(0s, injected + "'readiness-probe:app, service-name'}").action == Action::create);
  CHECK(of_age(0s, injected + "readiness-probe:service-name}").action == Action::wait);
  // Nobody can say how old it is: nothing is put off.
  CHECK(decide_for("---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, uid: u}\n"
                   "spec: {serviceName: x, selector: {matchLabels: {a: b}}}\n")
            .action == Action::create);
}

TEST_CASE("however far our clock is behind, a Service is made within a minute") {
  for (const auto behind : {0s, 1s, 20s, 30s, 31s, 3600s, 86'400s * 365}) {
    CAPTURE(behind.count());
    const std::string set = Set{.age = 0s}.yaml();
    auto now = kNow - behind;
    Decision decision = decide_for(set, now);
    int looks = 0;
    while (decision.action == Action::wait && ++looks < 10) {
      CHECK(decision.due > now);
      now = decision.due;
      decision = decide_for(set, now);
    }
    CHECK(decision.action == Action::create);
    CHECK(now - (kNow - behind) <= 60s);
  }
}

TEST_CASE("the Service that is made is headless, and what the sets need, and no more") {
  const Json body =
      decide_for(Set{.metadata = "labels: {app.kubernetes.io/instance: argo, helm.sh/chart: x}, "
                                 "annotations: {meta.helm.sh/release-name: x}"}
                     .yaml())
          .body;
  CHECK(body == Json::parse(R"({
    "apiVersion": "v1", "kind": "Service",
    "metadata": {"name": "db-headless", "namespace": "default",
      "labels": {"app.kubernetes.io/managed-by": "stateward", "stateward.dev/governs": "db"},
      "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db",
                           "uid": "uid-db", "blockOwnerDeletion": false}]},
    "spec": {"type": "ClusterIP", "clusterIP": "None", "publishNotReadyAddresses": true,
      "selector": {"app": "db"},
      "ports": [{"name": "sql", "port": 5432, "targetPort": 5432, "protocol": "TCP"}]}})"));
}

TEST_CASE(
    "ports are those of all containers that go on running, each once and under its own name") {
  using Strings = std::vector<std::string>;
  CHECK(ports_for("[{name: a}]").is_null());
  CHECK(ports_for("[{name: a, ports: []}]").is_null());
  CHECK(
      shown(ports_for("[{name: a, ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}, "
                      "{containerPort: 53}, {containerPort: 9, protocol: SCTP}]}]")) ==
      Strings{"tcp-80 80/TCP", "udp-53 53/UDP", "tcp-53 53/TCP", "sctp-9 9/SCTP"});
  CHECK(
      shown(ports_for("[{name: a, ports: [{name: m, containerPort: 1}]}, {name: b, ports: [{name: "
                      "m, containerPort: 2}, {name: n, containerPort: 1}]}]")) ==
      Strings{"m 1/TCP", "m-2 2/TCP"});
  CHECK(shown(ports_for("[{name: a, ports: [{name: dns, containerPort: 53, protocol: UDP}, {name: "
                        "dns, containerPort: 53}]}]")) == Strings{"dns 53/UDP", "dns-53 53/TCP"});
  // A clash of what a clash made.
  const Json clash = ports_for(
      "[{name: a, ports: [{name: m-2, containerPort: 1}, {name: m, containerPort: 3}, {name: m, "
      "containerPort: 2}, {name: m-2-tcp, containerPort: 4}, {name: m-2, containerPort: 5}]}]");
  std::set<std::string> names;
  for (const Json& port : clash) names.insert(port["name"].get<std::string>());
  CHECK(names.size() == 5);
  CHECK(shown(ports_for("[{name: a, ports: [{containerPort: 0}, {containerPort: 65536}, "
                        "{containerPort: -1}, {containerPort: x}, {containerPort: 65535}, "
                        "{name: Bad_Name, containerPort: 7}]}]")) ==
        Strings{"tcp-65535 65535/TCP", "tcp-7 7/TCP"});
}

TEST_CASE("init containers' ports count where they go on running") {
  const std::string set =
      "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, uid: u}\nspec:\n"
      "  serviceName: x\n  selector: {matchLabels: {a: b}}\n  template:\n    spec:\n"
      "      containers: [{name: a, ports: [{containerPort: 1}]}]\n"
      "      initContainers: [{name: b, restartPolicy: Always, ports: [{containerPort: 2}]},\n"
      "                       {name: c, ports: [{containerPort: 3}]}]\n";
  CHECK(shown(decide_for(set).body["spec"]["ports"]) ==
        std::vector<std::string>{"tcp-1 1/TCP", "tcp-2 2/TCP"});
}

TEST_CASE("of a set that selects by expressions alone the template's labels are selected") {
  const auto made = [](const std::string& selector, const std::string& labels) {
    const Decision decision = decide_for(Set{.labels = labels, .selector = selector}.yaml());
    return decision.action == Action::create ? decision.body["spec"]["selector"].dump()
                                             : decision.reason;
  };
  CHECK(made("{matchExpressions: [{key: app, operator: In, values: [db, x]}, {key: tier, "
             "operator: Exists}]}",
             "{app: db, tier: data, other: y}") == R"({"app":"db","tier":"data"})");
  CHECK(made("{matchLabels: {app: db}, matchExpressions: [{key: tier, operator: Exists}]}",
             "{app: db, tier: data}") == R"({"app":"db"})");
  CHECK(made("{matchExpressions: [{key: gone, operator: DoesNotExist}]}", "{app: db}") ==
        "GoverningServiceNotMade");
  CHECK(made("{}", "{app: db}") == "GoverningServiceNotMade");
}

TEST_CASE("two sets that share a Service own it both, and it selects what both have") {
  const Set one{
      .name = "a", .labels = "{app: db, role: a}", .selector = "{matchLabels: {app: db, role: a}}"};
  const Set two{.name = "b",
                .labels = "{app: db, role: b}",
                .selector = "{matchLabels: {app: db, role: b}}",
                .containers =
                    "[{name: app, ports: [{name: sql, containerPort: 5432}, {name: peer, "
                    "containerPort: 1}]}]"};
  const Json body = decide_for(two.yaml() + one.yaml()).body;
  CHECK(body["spec"]["selector"].dump() == R"({"app":"db"})");
  CHECK(body["metadata"]["ownerReferences"].size() == 2);
  CHECK(body["metadata"]["labels"]["stateward.dev/governs"] == "a");
  CHECK(shown(body["spec"]["ports"]) == std::vector<std::string>{"sql 5432/TCP", "peer 1/TCP"});
  const Set other{.name = "c", .labels = "{app: c}", .selector = "{matchLabels: {app: c}}"};
  CHECK(decide_for(one.yaml() + other.yaml()).reason == "GoverningServiceNotMade");
  // A name that was injected into one of them is needed now.
  Set young = two;
  young.age = 0s;
  CHECK(decide_for(one.yaml() + young.yaml()).action == Action::wait);
  young.metadata = "annotations: {stateward.dev/injected: service-name}";
  CHECK(decide_for(one.yaml() + young.yaml()).action == Action::create);
}

TEST_CASE("an update takes away what nobody declares any more and leaves the rest") {
  const Json patch =
      decide_for(Set{.containers = "[{name: a}]"}.yaml() +
                 service("{clusterIP: None, selector: {app: x, old: y}, " + kPorts + "}", kOurs))
          .body;
  CHECK(patch["spec"] == Json::parse(R"({"selector": {"app": "db", "old": null}, "ports": null})"));
  CHECK_FALSE(patch["spec"].contains("clusterIP"));
  // The live one that it makes is as it should be.
  Json live = {{"metadata", {{"labels", {{"mine", "x"}}}}},
               {"spec", {{"selector", {{"app", "x"}, {"old", "y"}}}, {"ports", Json::array()}}}};
  live.merge_patch(patch);
  CHECK(live["spec"] == Json::parse(R"({"selector": {"app": "db"}})"));
  CHECK(live["metadata"]["labels"]["mine"] == "x");
}

TEST_CASE("who else writes a Service's spec is seen, and it is let go of without a trace") {
  const auto read = [](const Json& json) {
    return std::move(*read_json(json.dump(), Places::skip).document);
  };
  const auto managed = [&](const Json& entry) {
    const Document document = read({{"metadata", {{"managedFields", {entry}}}}});
    return has_other_owner(document.node());
  };
  const Json spec = {{"f:spec", {{"f:selector", Json::object()}}}};
  CHECK_FALSE(managed({{"manager", "stateward"}, {"fieldsV1", spec}}));
  CHECK(managed({{"manager", "helm"}, {"fieldsV1", spec}}));
  CHECK_FALSE(managed({{"manager", "kubectl"}, {"fieldsV1", {{"f:metadata", Json::object()}}}}));
  CHECK_FALSE(managed({{"manager", "cloud"}, {"subresource", "status"}, {"fieldsV1", spec}}));
  Json service = {
      {"metadata",
       {{"name", "x"},
        {"resourceVersion", "7"},
        {"labels",
         {{"app.kubernetes.io/managed-by", "stateward"},
          {"stateward.dev/governs", "db"},
          {"mine", "x"}}},
        {"ownerReferences",
         {{{"kind", "StatefulSet"}, {"name", "db"}}, {{"kind", "App"}, {"name", "y"}}}}}},
      {"spec", {{"clusterIP", "None"}}}};
  const Document document = read(service);
  const Json patch = Json::parse(letting_go(document.node()));
  CHECK(patch["metadata"]["resourceVersion"] == "7");
  CHECK_FALSE(patch.contains("spec"));
  service.merge_patch(patch);
  CHECK(service["metadata"]["labels"].dump() == R"({"mine":"x"})");
  CHECK(service["metadata"]["ownerReferences"].dump() == R"([{"kind":"App","name":"y"}])");
}

TEST_CASE("a set that no budget covers gets one, and ours goes when another comes") {
  const auto steps = [](const std::string& yaml) {
    const Fixture fixture = Fixture::from_yaml(yaml);
    std::vector<std::string> all;
    for (const BudgetStep& step : budget_steps("default", fixture.set))
      all.push_back(step.remove_uid.empty() ? "create " + step.name
                                            : "remove " + step.name + " " + step.remove_uid);
    return all;
  };
  const auto budget = [](const std::string& metadata, const std::string& selector) {
    return "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {" + metadata +
           "}\nspec: {maxUnavailable: 1, selector: {matchLabels: " + selector + "}}\n";
  };
  using Strings = std::vector<std::string>;
  const std::string set = Set{}.yaml();
  const std::string ours = budget(
      "name: db, uid: b-1, labels: {app.kubernetes.io/managed-by: stateward, "
      "stateward.dev/governs: db}",
      "{app: db}");
  CHECK(steps(set) == Strings{"create db"});
  CHECK(steps(set + ours).empty());
  CHECK(steps(set + budget("name: other", "{app: db}")).empty());
  CHECK(steps(set + ours + budget("name: other", "{app: db}")) == Strings{"remove db b-1"});
  CHECK(steps(set + budget("name: other", "{app: x}")) == Strings{"create db"});
  // The name is taken: it would be refused each time.
  CHECK(steps(set + budget("name: db", "{app: x}")).empty());
  CHECK(steps(Set{.metadata = "annotations: {stateward.dev/inject: none}"}.yaml()).empty());
  CHECK(steps(Set{.metadata = "deletionTimestamp: '" + at(1s) + "'"}.yaml()).empty());
}
