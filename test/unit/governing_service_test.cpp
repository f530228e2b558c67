// Whose Services are left to whom. What the controller makes of them stands in a cluster's test.

#include "cluster/governing_service.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "cluster/watched.h"
#include "engine/json_reader.h"
#include "engine/json_writer.h"
#include "test/unit/fixture.h"

using namespace stateward;

namespace {

constexpr std::string_view kSet = R"(
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, uid: u-1, creationTimestamp: "2026-11-21T10:00:00Z"}
spec:
  serviceName: web-headless
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: c:1, ports: [{name: http, containerPort: 80}]}]}}
)";

// The Service as we made it, with one more manager of the fields.
std::string service(std::string_view manager, std::string_view fields) {
  return fmt::format(
      R"({{"apiVersion":"v1","kind":"Service","metadata":{{"name":"web-headless","namespace":"default",
"labels":{{"app.kubernetes.io/managed-by":"stateward","stateward.dev/governs":"web"}},
"ownerReferences":[{{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web","uid":"u-1"}}],
"managedFields":[{{"manager":"stateward","operation":"Update","fieldsV1":{{"f:spec":{{"f:selector":{{}}}}}}}},
{{"manager":"{}","operation":"Apply","fieldsV1":{}}}]}},
"spec":{{"clusterIP":"None","publishNotReadyAddresses":true,"selector":{{"app":"web"}},
"ports":[{{"name":"http","port":80,"targetPort":80,"protocol":"TCP"}}]}}}})",
      manager, fields);
}

// What is done about it, as the inventory knows it.
ServiceStep::Action step(const std::string& live) {
  const auto all = watched_resources();
  const auto& watched = *std::find_if(all.begin(), all.end(),
                                      [](const auto& one) { return one.kind == Kind::service; });
  const ReadDocument read = read_json(live, Places::skip);
  NamePool names;
  const Compact kept = projection_of(watched, true).of(read.document->node(), names);
  // What is kept does not say its kind: the watch does.
  const std::string known =
      R"({"apiVersion":"v1","kind":"Service",)" + to_json(kept.node()).substr(1);
  const Fixture fixture = Fixture::from_yaml(std::string(kSet) + "---\n" + known);
  const auto steps = govern("default", fixture.set, std::chrono::sys_seconds{});
  REQUIRE(steps.size() == 1);
  return steps.front().action;
}

}  // namespace

TEST_CASE("a Service that another manager took over as it is, is looked at: it is his") {
  const std::string taken = R"({"f:spec":{"f:clusterIP":{},"f:ports":{},"f:selector":{}}})";
  CHECK(step(service("others", taken)) == ServiceStep::Action::update);
  CHECK(step(service("stateward", taken)) == ServiceStep::Action::none);
}

TEST_CASE("who only labels our Service has not taken it over") {
  CHECK(step(service("kubectl-label", R"({"f:metadata":{"f:labels":{"f:team":{}}}})")) ==
        ServiceStep::Action::none);
}
