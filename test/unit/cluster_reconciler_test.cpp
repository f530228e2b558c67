// The reconciler against a fake API server: what it sends, to whom, and that it then rests.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cluster/inventory.h"
#include "cluster/reconciler.h"
#include "engine/json_reader.h"
#include "test/unit/fake_cluster.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
const std::string kSets = "/apis/apps/v1/namespaces/a/statefulsets/";
const std::string kServices = "/api/v1/namespaces/a/services/";
const std::string kClaims = "/api/v1/namespaces/a/persistentvolumeclaims/";
const std::string kBudgets = "/apis/policy/v1/namespaces/a/poddisruptionbudgets/";
const std::string kSpace = "/api/v1/namespaces/a";

Json set(const std::string& name, const std::string& service) {
  return {{"metadata",
           {{"name", name},
            {"namespace", "a"},
            {"uid", "uid-" + name},
            {"creationTimestamp", "2026-11-20T00:00:00Z"}}},
          {"spec",
           {{"serviceName", service},
            {"replicas", 3},
            {"selector", {{"matchLabels", {{"app", name}}}}},
            {"template",
             {{"metadata", {{"labels", {{"app", name}}}}},
              {"spec",
               {{"containers",
                 {{{"name", "app"}, {"ports", {{{"name", "sql"}, {"containerPort", 5432}}}}}}}}}}},
            {"volumeClaimTemplates", {{{"metadata", {{"name", "data"}}}}}}}}};
}

Json object(const std::string& name, const Json& spec = Json::object()) {
  return {{"metadata", {{"name", name}, {"namespace", "a"}}}, {"spec", spec}};
}

// A namespace of a fake cluster, looked at through an inventory, and the reconciler of it.
struct World {
  World() {
    cluster.put(kSpace, {{"metadata", {{"name", "a"}}}});
    cluster.put(kSets + "db", set("db", "db-headless"));
  }
  // One look at all there is, by a reconciler that knows nothing (`restart`) or has seen it before.
  Reconciler::Outcome reconcile(bool restart = false) {
    if (restart) reconciler = made();
    return reconciler->reconcile("a", view(), now);
  }
  // What is sent in one go, "METHOD path"; after it everything is at rest.
  Strings sent() {
    cluster.writes();
    CHECK_FALSE(reconcile().failed);
    const Strings all = cluster.writes();
    CHECK_FALSE(reconcile().failed);
    CHECK(cluster.writes() == Strings());
    return all;
  }
  ObjectSet view() {
    for (const auto& [resource, paths] : {std::pair(Kind::stateful_set, kSets),
                                          {Kind::service, kServices},
                                          {Kind::claim, kClaims},
                                          {Kind::disruption_budget, kBudgets},
                                          {Kind::name_space, std::string("/api/v1/namespaces/")}}) {
      Inventory::Feed& feed = *feeds.at(resource);
      feed.begin_list();
      for (const std::string name :
           {"a", "db", "db-headless", "other", "data-db-0", "data-db-1", "data-db-9", "else"}) {
        const Json found = cluster.get(paths + name);
        if (found.is_null() || (resource != Kind::name_space && name == "a")) continue;
        const ReadDocument read = read_json(found.dump(), Places::skip);
        feed.put(read.document->node());
      }
      feed.end_list();
    }
    return inventory.view("a");
  }
  std::unique_ptr<Reconciler> made() {
    return std::make_unique<Reconciler>(
        client, ReconcilerOptions{.disruption_budgets = budgets}, [this] { return may_act; },
        [this](std::string_view line) { said.emplace_back(line); });
  }

  FakeCluster cluster;
  ApiClient client{cluster.source()};
  Inventory inventory{5, std::chrono::steady_clock::now};
  std::map<Kind, std::unique_ptr<Inventory::Feed>> feeds = [this] {
    std::map<Kind, std::unique_ptr<Inventory::Feed>> all;
    for (const WatchedResource& watched : watched_resources()) {
      const bool wanted = watched.kind == Kind::stateful_set || watched.kind == Kind::service ||
                          watched.kind == Kind::claim || watched.kind == Kind::name_space ||
                          watched.kind == Kind::disruption_budget;
      if (wanted)
        all.emplace(watched.kind,
                    std::make_unique<Inventory::Feed>(inventory, watched, all.size()));
    }
    return all;
  }();
  std::chrono::sys_seconds now = kNow;
  bool may_act = true;
  bool budgets = false;
  Strings said;
  std::unique_ptr<Reconciler> reconciler = made();
};

}  // namespace

TEST_CASE("a missing Service is created once, and neither a second look nor a restart sends more") {
  World world;
  CHECK(world.sent() == Strings{"POST /api/v1/namespaces/a/services"});
  const Json made = world.cluster.get(kServices + "db-headless");
  CHECK(made["spec"]["clusterIP"] == "None");
  CHECK(made["metadata"]["managedFields"][0]["manager"] == "stateward");
  CHECK(world.said == Strings{"created Service a/db-headless"});
  world.reconcile(true);
  CHECK(world.cluster.writes().empty());
}

TEST_CASE("a Service of ours follows its set, and comes back when it is gone") {
  World world;
  world.sent();
  Json changed = set("db", "db-headless");
  changed["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] = 1;
  world.cluster.put(kSets + "db", changed);
  CHECK(world.sent() == Strings{"PATCH " + kServices + "db-headless"});
  CHECK(world.cluster.get(kServices + "db-headless")["spec"]["ports"][0]["port"] == 1);
  CHECK(world.said.back() == "updated Service a/db-headless");
  world.cluster.erase(kServices + "db-headless");
  CHECK(world.sent() == Strings{"POST /api/v1/namespaces/a/services"});
  // Another of that name: the set was deleted, and came back.
  changed["metadata"]["uid"] = "uid-again";
  world.cluster.put(kSets + "db", changed);
  CHECK(world.sent() == Strings{"PATCH " + kServices + "db-headless"});
  CHECK(world.cluster.get(kServices + "db-headless")["metadata"]["ownerReferences"].dump() ==
        R"([{"apiVersion":"apps/v1","blockOwnerDeletion":false,"kind":"StatefulSet","name":"db",)"
        R"("uid":"uid-again"}])");
  world.cluster.erase(kSets + "db");
  CHECK(world.sent().empty());
}

TEST_CASE("a foreign Service is never written, whatever it looks like: its set gets one Event") {
  World world;
  for (const Json& spec :
       {Json{{"clusterIP", "10.0.0.1"}}, Json{{"type", "ExternalName"}, {"externalName", "x"}},
        Json{{"clusterIP", "None"}, {"selector", {{"app", "x"}}}}}) {
    CAPTURE(spec.dump());
    world.cluster.put(kServices + "db-headless", object("db-headless", spec));
    const Json before = world.cluster.get(kServices + "db-headless");
    CHECK(world.sent() == Strings{"POST /api/v1/namespaces/a/events"});
    CHECK(world.cluster.get(kServices + "db-headless") == before);
    // Told by another of us: the API server knows that Event already.
    world.reconcile(true);
    CHECK(world.cluster.writes() == Strings{"POST /api/v1/namespaces/a/events"});
  }
  world.cluster.put(kServices + "db-headless",
                    object("db-headless", {{"clusterIP", "None"}, {"selector", {{"app", "db"}}}}));
  CHECK(world.sent().empty());
}

TEST_CASE("an Event says of which set it speaks, and what") {
  World world;
  world.cluster.put(kServices + "db-headless", object("db-headless", {{"clusterIP", "10.0.0.1"}}));
  world.reconcile();
  const Json event = Json::parse(world.cluster.write_requests().back().body);
  CHECK(event["metadata"]["name"].get<std::string>().starts_with("db."));
  CHECK(event["metadata"]["namespace"] == "a");
  CHECK(event["involvedObject"] ==
        Json::parse(R"({"apiVersion": "apps/v1", "kind": "StatefulSet", "namespace": "a",
                        "name": "db", "uid": "uid-db"})"));
  CHECK(event["type"] == "Warning");
  CHECK(event["reason"] == "GoverningServiceNotHeadless");
  CHECK(event["firstTimestamp"] == "2026-11-21T00:00:00Z");
  CHECK(world.said.back().starts_with("said of StatefulSet a/db: GoverningServiceNotHeadless: "));
}

TEST_CASE("an Event that could not be sent is sent later") {
  World world;
  world.cluster.put(kServices + "db-headless", object("db-headless", {{"clusterIP", "10.0.0.1"}}));
  world.may_act = false;
  world.reconcile();
  CHECK(world.cluster.writes().empty());
  world.may_act = true;
  world.cluster.before([](const FakeRequest& request, FakeReply& reply) {
    if (request.method == "POST") reply.status(500, "InternalError");
    return request.method == "POST";
  });
  world.reconcile();
  world.cluster.before({});
  CHECK(world.cluster.writes().size() == 1);
  world.reconcile();
  CHECK(world.cluster.writes() == Strings{"POST /api/v1/namespaces/a/events"});
}

TEST_CASE("a Service that another manager has come to write is let go, and then left alone") {
  World world;
  world.sent();
  Json taken = world.cluster.get(kServices + "db-headless");
  taken["spec"]["selector"] = {{"app", "db"}, {"role", "x"}};
  world.cluster.put(kServices + "db-headless", taken, "helm");
  world.reconcile();
  CHECK(world.cluster.writes() == Strings{"PATCH " + kServices + "db-headless"});
  const Json left = world.cluster.get(kServices + "db-headless");
  CHECK(left["spec"] == taken["spec"]);
  CHECK(left["metadata"]["labels"].empty());
  CHECK(left["metadata"]["ownerReferences"].empty());
  CHECK(world.said.back() == "let go of Service a/db-headless, which another manager writes");
  // From here on it is a foreign one.
  CHECK(world.sent() == Strings{"POST /api/v1/namespaces/a/events"});
  CHECK(world.cluster.get(kServices + "db-headless") == left);
}

TEST_CASE("a Service that took the place of ours since we looked is not touched") {
  World world;
  world.sent();
  Json changed = set("db", "db-headless");
  changed["spec"]["template"]["spec"]["containers"][0]["ports"] = Json::array();
  world.cluster.put(kSets + "db", changed);
  const ObjectSet seen = world.view();
  for (const Json& live :
       {object("db-headless", {{"clusterIP", "10.0.0.1"}}), object("db-headless")}) {
    world.cluster.put(kServices + "db-headless", live);
    CHECK_FALSE(world.reconciler->reconcile("a", seen, kNow).failed);
    CHECK(world.cluster.writes().empty());
  }
  world.cluster.erase(kServices + "db-headless");
  CHECK_FALSE(world.reconciler->reconcile("a", seen, kNow).failed);
  CHECK(world.cluster.writes().empty());
}

TEST_CASE("a change between our look and our write is a conflict, and is tried again") {
  World world;
  world.sent();
  Json changed = set("db", "db-headless");
  changed["spec"]["template"]["spec"]["containers"][0]["ports"] = Json::array();
  world.cluster.put(kSets + "db", changed);
  world.cluster.before([&](const FakeRequest& request, FakeReply&) {
    if (request.method == "PATCH") {
      Json other = world.cluster.get(kServices + "db-headless");
      other["metadata"]["labels"]["x"] = "y";
      world.cluster.put(kServices + "db-headless", other, "stateward");
    }
    return false;
  });
  CHECK(world.reconcile().failed);
  world.cluster.before({});
  CHECK_FALSE(world.reconcile().failed);
  CHECK_FALSE(world.cluster.get(kServices + "db-headless")["spec"].contains("ports"));
}

TEST_CASE("somebody who creates the Service first has won, and what the server refuses is told") {
  World world;
  int code = 409;
  world.cluster.before([&](const FakeRequest& request, FakeReply& reply) {
    const bool service = request.method == "POST" && request.path().ends_with("/services");
    if (service) reply.status(code, "Scripted", "spec.ports: Invalid value");
    return service;
  });
  CHECK_FALSE(world.reconcile().failed);
  CHECK(world.cluster.writes() == Strings{"POST /api/v1/namespaces/a/services"});
  code = 422;
  CHECK_FALSE(world.reconcile().failed);
  CHECK(world.cluster.writes() ==
        Strings{"POST /api/v1/namespaces/a/services", "POST /api/v1/namespaces/a/events"});
  code = 403;
  CHECK(world.reconcile().failed);
  CHECK(world.said.back().starts_with("created Service a/db-headless: the API server answers 403"));
}

TEST_CASE("a Service that is left to installers for a while is looked at again then") {
  World world;
  Json young = set("db", "db-headless");
  young["metadata"]["creationTimestamp"] = "2026-11-20T23:59:50Z";
  world.cluster.put(kSets + "db", young);
  const auto outcome = world.reconcile();
  CHECK_FALSE(outcome.failed);
  CHECK(outcome.look_again == kNow + 20s);
  CHECK(world.cluster.writes().empty());
  world.now += 20s;
  CHECK(world.sent() == Strings{"POST /api/v1/namespaces/a/services"});
}

TEST_CASE("who does not lead writes nothing") {
  World world;
  world.budgets = true;
  world.cluster.put(kClaims + "data-db-0", object("data-db-0"));
  world.may_act = false;
  CHECK(world.reconcile(true).failed);
  CHECK(world.cluster.writes().empty());
  world.may_act = true;
  world.reconcile();
  CHECK(world.cluster.writes().size() == 3);
}

TEST_CASE("a namespace that is going, or not there, is left alone") {
  World world;
  world.cluster.put(kSpace,
                    {{"metadata", {{"name", "a"}, {"deletionTimestamp", "2026-11-21T00:00:00Z"}}}});
  CHECK(world.sent().empty());
  world.cluster.erase(kSpace);
  CHECK(world.sent().empty());
}

TEST_CASE("claims of a set get the labels that they lack, and keep those of others") {
  World world;
  world.sent();
  Json first = object("data-db-0");
  first["metadata"]["labels"] = {{"mine", "x"}, {"stateward.dev/ordinal", "7"}};
  world.cluster.put(kClaims + "data-db-0", first);
  world.cluster.put(kClaims + "data-db-9", object("data-db-9"));
  world.cluster.put(kClaims + "else", object("else"));
  Json going = object("data-db-1");
  going["metadata"]["deletionTimestamp"] = "2026-11-21T00:00:00Z";
  world.cluster.put(kClaims + "data-db-1", going);
  CHECK(world.sent() ==
        Strings{"PATCH " + kClaims + "data-db-0", "PATCH " + kClaims + "data-db-9"});
  CHECK(
      world.cluster.get(kClaims + "data-db-0")["metadata"]["labels"] ==
      Json::parse(R"({"mine": "x", "stateward.dev/statefulset": "db", "stateward.dev/ordinal": "0",
                        "stateward.dev/claim-template": "data", "stateward.dev/retention": "retain"})"));
  // The set's policy changes: one label does.
  Json changed = set("db", "db-headless");
  changed["spec"]["persistentVolumeClaimRetentionPolicy"] = {{"whenScaled", "Delete"}};
  world.cluster.put(kSets + "db", changed);
  world.cluster.writes();
  world.reconcile();
  CHECK(world.cluster.write_requests().front().body ==
        R"({"metadata":{"labels":{"stateward.dev/retention":"delete-on-scale"}}})");
  // Opted out: nothing is put back.
  changed["metadata"]["annotations"] = {{"stateward.dev/inject", "none"}};
  world.cluster.put(kSets + "db", changed);
  world.cluster.put(kClaims + "data-db-0", object("data-db-0"));
  CHECK(world.sent().empty());
}

TEST_CASE("budgets are made where they are wanted, and ours goes when another comes") {
  World world;
  world.sent();
  world.budgets = true;
  world.reconcile(true);
  CHECK(world.cluster.writes() ==
        Strings{"POST /apis/policy/v1/namespaces/a/poddisruptionbudgets"});
  const Json made = world.cluster.get(kBudgets + "db");
  CHECK(made["spec"].dump() == R"({"maxUnavailable":1,"selector":{"matchLabels":{"app":"db"}},)"
                               R"("unhealthyPodEvictionPolicy":"AlwaysAllow"})");
  CHECK(made["metadata"]["ownerReferences"][0]["uid"] == "uid-db");
  CHECK(world.sent().empty());
  world.cluster.put(kBudgets + "other",
                    object("other", {{"minAvailable", 2}, {"selector", made["spec"]["selector"]}}));
  CHECK(world.sent() == Strings{"DELETE " + kBudgets + "db"});
  CHECK(world.cluster.get(kBudgets + "other").is_object());
  CHECK(world.said.back() == "removed PodDisruptionBudget a/db, for another covers the Pods");
}
