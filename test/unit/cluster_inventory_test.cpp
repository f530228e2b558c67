// The inventory fed by hand, with a clock that stands still: what is known, since when, and who is
// told.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "cluster/backoff.h"
#include "cluster/inventory.h"
#include "engine/json_reader.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const WatchedResource& watched(Kind kind) {
  const auto all = watched_resources();
  return *std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.kind == kind; });
}

// An inventory with a feed for each of the kinds.
struct Fed {
  explicit Fed(std::initializer_list<Kind> kinds)
      : inventory(kinds.size(), [this] { return now; }) {
    inventory.on_change([this](const std::string& space) { changes.push_back(space); });
    std::size_t number = 0;
    for (const Kind kind : kinds) {
      feeds.emplace(kind, std::make_unique<Inventory::Feed>(inventory, watched(kind), number++));
    }
  }
  Inventory::Feed& operator[](Kind kind) { return *feeds.at(kind); }
  void put(Kind kind, const Json& object) { feed(kind, object, &Inventory::Feed::put); }
  void remove(Kind kind, const Json& object) { feed(kind, object, &Inventory::Feed::remove); }
  void feed(Kind kind, const Json& object, void (Inventory::Feed::*what)(Node)) {
    // The document is gone right after, as a watch's event is.
    const ReadDocument read = read_json(object.dump(), Places::skip);
    ((*this)[kind].*what)(read.document->node());
  }
  void list(Kind kind, const std::vector<Json>& objects) {
    (*this)[kind].begin_list();
    for (const Json& object : objects) put(kind, object);
    (*this)[kind].end_list();
  }
  bool knows(Kind kind, std::string_view space, std::string_view name) const {
    return inventory.view(space).find(kind, space, name) != nullptr;
  }

  std::chrono::steady_clock::time_point now{1h};
  Inventory inventory;
  std::map<Kind, std::unique_ptr<Inventory::Feed>> feeds;
  std::vector<std::string> changes;
};

Json set(const std::string& space, const std::string& name, int replicas = 1) {
  return {{"metadata", {{"name", name}, {"namespace", space}, {"uid", space + name}}},
          {"spec", {{"replicas", replicas}, {"serviceName", name}}}};
}

Json pod(const std::string& space, const std::string& name, const std::string& claim = "") {
  Json pod = {{"metadata", {{"name", name}, {"namespace", space}}}, {"spec", Json::object()}};
  if (!claim.empty()) {
    pod["spec"]["volumes"] = {{{"name", "v"}, {"persistentVolumeClaim", {{"claimName", claim}}}}};
  } else {
    pod["spec"]["volumes"] = {{{"name", "v"}, {"emptyDir", Json::object()}}};
  }
  return pod;
}

Json node(const std::string& name) { return {{"metadata", {{"name", name}}}}; }

}  // namespace

TEST_CASE("nothing is concluded from absence before every feed has delivered its list") {
  Fed fed({Kind::stateful_set, Kind::pod, Kind::node});
  CHECK_FALSE(fed.inventory.filled());
  CHECK_FALSE(fed.inventory.view("a").complete());
  fed.list(Kind::stateful_set, {set("a", "db")});
  fed.list(Kind::pod, {});
  CHECK_FALSE(fed.inventory.filled());
  CHECK_FALSE(fed.inventory.synced());
  // What is known is known, all the same.
  CHECK(fed.knows(Kind::stateful_set, "a", "db"));
  CHECK_FALSE(fed.inventory.view("a").complete());
  fed[Kind::node].begin_list();
  fed.put(Kind::node, node("n"));
  CHECK_FALSE(fed.inventory.synced());
  fed[Kind::node].end_list();
  CHECK(fed.inventory.filled());
  CHECK(fed.inventory.synced());
  CHECK(fed.inventory.view("a").complete());
  CHECK(fed.inventory.view("nowhere").complete());
}

TEST_CASE("an inventory that has not heard from one of its feeds for long is not relied upon") {
  Fed fed({Kind::stateful_set, Kind::pod});
  fed.list(Kind::stateful_set, {set("a", "db")});
  fed.list(Kind::pod, {});
  CHECK(fed.inventory.staleness() == 0s);
  fed.now += Inventory::kStale;
  fed[Kind::pod].heard();
  CHECK(fed.inventory.synced());
  CHECK(fed.inventory.staleness() == Inventory::kStale);
  fed.now += 1s;
  CHECK_FALSE(fed.inventory.synced());
  CHECK(fed.inventory.filled());
  CHECK_FALSE(fed.inventory.view("a").complete());
  CHECK(fed.knows(Kind::stateful_set, "a", "db"));
  fed[Kind::stateful_set].heard();
  CHECK(fed.inventory.synced());
  CHECK(fed.inventory.staleness() == 1s);
}

TEST_CASE("what went while we did not look is gone once the new list has ended, and not before") {
  Fed fed({Kind::stateful_set, Kind::pod});
  fed.list(Kind::stateful_set, {set("a", "stays"), set("a", "goes"), set("b", "goes")});
  fed.list(Kind::pod, {pod("a", "p", "c")});
  fed.changes.clear();
  fed[Kind::stateful_set].begin_list();
  fed.put(Kind::stateful_set, set("a", "stays"));
  fed.put(Kind::stateful_set, set("a", "new"));
  CHECK(fed.knows(Kind::stateful_set, "a", "goes"));
  CHECK_FALSE(fed.knows(Kind::stateful_set, "a", "new"));
  CHECK(fed.changes.empty());
  // A list that begins again on the way counts from its new beginning.
  fed[Kind::stateful_set].begin_list();
  fed.put(Kind::stateful_set, set("a", "stays"));
  fed[Kind::stateful_set].end_list();
  CHECK(fed.knows(Kind::stateful_set, "a", "stays"));
  CHECK_FALSE(fed.knows(Kind::stateful_set, "a", "new"));
  CHECK_FALSE(fed.knows(Kind::stateful_set, "a", "goes"));
  CHECK_FALSE(fed.knows(Kind::stateful_set, "b", "goes"));
  // Of the other feed nothing was said.
  CHECK(fed.knows(Kind::pod, "a", "p"));
  CHECK(std::set<std::string>(fed.changes.begin(), fed.changes.end()) ==
        std::set<std::string>{"a", "b"});
  CHECK(fed.changes.size() == 2);
}

TEST_CASE("an update of what is not kept is published to nobody") {
  Fed fed({Kind::stateful_set});
  Json db = set("a", "db", 3);
  db["spec"]["template"]["spec"]["containers"] = {{{"name", "app"}, {"image", "db:1"}}};
  fed.list(Kind::stateful_set, {db});
  fed.changes.clear();
  const Object* before = fed.inventory.view("a").find(Kind::stateful_set, "a", "db");
  db["status"] = {{"readyReplicas", 2}};
  db["metadata"]["resourceVersion"] = "99";
  db["metadata"]["managedFields"] = {{{"manager", "kubelet"}}};
  db["spec"]["template"]["spec"]["nodeName"] = "n";
  db["spec"]["template"]["spec"]["containers"][0]["image"] = "db:2";
  fed.put(Kind::stateful_set, db);
  fed.list(Kind::stateful_set, {db});
  CHECK(fed.changes.empty());
  CHECK(fed.inventory.view("a").find(Kind::stateful_set, "a", "db") == before);
  db["spec"]["replicas"] = 4;
  fed.put(Kind::stateful_set, db);
  CHECK(fed.changes == std::vector<std::string>{"a"});
  fed.remove(Kind::stateful_set, db);
  fed.remove(Kind::stateful_set, db);
  CHECK(fed.changes.size() == 2);
  CHECK_FALSE(fed.knows(Kind::stateful_set, "a", "db"));
}

TEST_CASE("a controller's Pod is kept as long as it mounts a claim, and a bare one until it ends") {
  const auto owned = [](Json pod) {
    pod["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "apps/v1"},
                                                       {"kind", "StatefulSet"},
                                                       {"name", "db"},
                                                       {"controller", true}}});
    return pod;
  };
  Fed fed({Kind::pod});
  fed.list(Kind::pod,
           {pod("a", "bare"), owned(pod("a", "plain")), owned(pod("a", "member", "data-0"))});
  CHECK(fed.inventory.size() == 2);
  CHECK(fed.knows(Kind::pod, "a", "bare"));
  CHECK(fed.knows(Kind::pod, "a", "member"));
  fed.put(Kind::pod, owned(pod("a", "member")));
  CHECK_FALSE(fed.knows(Kind::pod, "a", "member"));
  Json ended = pod("a", "bare", "data-1");
  fed.put(Kind::pod, ended);
  CHECK(fed.inventory.view("a").find(Kind::pod, "a", "bare")->spec()["volumes"].size() == 1);
  ended["status"]["phase"] = "Succeeded";
  fed.put(Kind::pod, ended);
  CHECK_FALSE(fed.knows(Kind::pod, "a", "bare"));
}

TEST_CASE("objects know who they are, and a view outlives what it shows") {
  Fed fed({Kind::stateful_set, Kind::node});
  fed.list(Kind::node, {node("worker")});
  fed.list(Kind::stateful_set, {set("a", "db", 5)});
  const ObjectSet view = fed.inventory.view("a");
  fed.list(Kind::stateful_set, {});
  fed.list(Kind::node, {});
  CHECK(fed.inventory.size() == 0);
  const Object* db = view.find(Kind::stateful_set, "a", "db");
  REQUIRE(db != nullptr);
  CHECK(db->api_version == "apps/v1");
  CHECK(db->kind_name == "StatefulSet");
  CHECK(db->name_space == "a");
  CHECK(db->name == "db");
  CHECK(db->spec()["replicas"].integer(0) == 5);
  const Object* worker = view.find(Kind::node, {}, "worker");
  REQUIRE(worker != nullptr);
  CHECK(worker->name_space.empty());
  CHECK(view.find(Kind::stateful_set, "b", "db") == nullptr);
}

TEST_CASE("a namespace in which nothing is left is no namespace of the inventory any more") {
  Fed fed({Kind::stateful_set});
  fed.list(Kind::stateful_set, {set("b", "x"), set("a", "x"), set("c", "x")});
  CHECK(fed.inventory.namespaces() == std::vector<std::string>{"a", "b", "c"});
  const ObjectSet view = fed.inventory.view("a");
  fed.remove(Kind::stateful_set, set("a", "x"));
  CHECK(fed.inventory.namespaces() == std::vector<std::string>{"b", "c"});
  CHECK(fed.changes.back() == "a");
  fed.list(Kind::stateful_set, {set("c", "x")});
  CHECK(fed.inventory.namespaces() == std::vector<std::string>{"c"});
  CHECK(view.find(Kind::stateful_set, "a", "x")->name_space == "a");
  fed.put(Kind::stateful_set, set("a", "y"));
  CHECK(fed.knows(Kind::stateful_set, "a", "y"));
  CHECK(fed.inventory.namespaces() == std::vector<std::string>{"a", "c"});
}

TEST_CASE("whatever comes in whatever order, the inventory holds what was said last") {
  std::minstd_rand random(5);
  Fed fed({Kind::stateful_set, Kind::pod});
  fed.list(Kind::stateful_set, {});
  fed.list(Kind::pod, {});
  std::map<std::tuple<Kind, std::string, std::string>, int> wanted;
  const auto object = [&](Kind kind, const std::string& space, const std::string& name, int n) {
    return kind == Kind::pod ? pod(space, name, std::to_string(n)) : set(space, name, n);
  };
  for (int i = 0; i < 3'000; ++i) {
    const Kind kind = random() % 2 == 0 ? Kind::stateful_set : Kind::pod;
    const std::string space(1, static_cast<char>('a' + random() % 3));
    const std::string name(1, static_cast<char>('p' + random() % 8));
    const int n = static_cast<int>(random() % 5);
    const auto key = std::tuple(kind, space, name);
    if (random() % 40 == 0) {
      // A list of half of it.
      std::erase_if(wanted, [&](const auto& one) {
        return std::get<0>(one.first) == kind && random() % 2 == 0;
      });
      std::vector<Json> all;
      for (const auto& [of, number] : wanted) {
        if (std::get<0>(of) == kind)
          all.push_back(object(kind, std::get<1>(of), std::get<2>(of), number));
      }
      std::shuffle(all.begin(), all.end(), random);
      fed.list(kind, all);
    } else if (random() % 3 == 0) {
      fed.remove(kind, object(kind, space, name, n));
      wanted.erase(key);
    } else {
      fed.put(kind, object(kind, space, name, n));
      wanted[key] = n;
    }
    REQUIRE(fed.inventory.size() == wanted.size());
    const ObjectSet view = fed.inventory.view(space);
    const Object* found = view.find(kind, space, name);
    REQUIRE((found != nullptr) == wanted.contains(key));
    if (found != nullptr && kind == Kind::stateful_set)
      REQUIRE(found->spec()["replicas"].integer(-1) == wanted[key]);
    REQUIRE(std::ranges::is_sorted(view.all(kind, space), {}, &Object::name));
  }
}

TEST_CASE("an object is known from when a view shows it, in its namespace only") {
  Fed fed({Kind::stateful_set});
  fed.put(Kind::stateful_set, set("a", "other"));
  fed.put(Kind::stateful_set, set("b", "db"));
  CHECK_FALSE(fed.inventory.knows(Kind::stateful_set, "a", "db"));
  fed.put(Kind::stateful_set, set("a", "db"));
  CHECK(fed.inventory.knows(Kind::stateful_set, "a", "db"));
  CHECK_FALSE(fed.inventory.knows(Kind::claim, "a", "db"));
}

TEST_CASE("readers see whole objects while feeds write, relist and remove") {
  Inventory inventory(2, std::chrono::steady_clock::now);
  std::atomic<bool> done = false;
  std::atomic<int> changes = 0;
  inventory.on_change([&](const std::string&) { ++changes; });
  const auto write = [&](Kind kind, std::size_t number, const auto& object) {
    Inventory::Feed feed(inventory, watched(kind), number);
    std::minstd_rand random(static_cast<unsigned>(number));
    for (int i = 0; i < 300; ++i) {
      if (i % 50 == 0) feed.begin_list();
      const Json one = object("n" + std::to_string(random() % 20), i);
      const ReadDocument read = read_json(one.dump(), Places::skip);
      random() % 4 == 0 ? feed.remove(read.document->node()) : feed.put(read.document->node());
      if (i % 50 == 25) feed.end_list();
      feed.heard();
    }
  };
  std::thread sets([&] {
    write(Kind::stateful_set, 0, [](const std::string& name, int i) { return set("a", name, i); });
  });
  std::thread pods([&] {
    write(Kind::pod, 1, [](const std::string& name, int i) {
      return pod("a", name, "claim-" + std::to_string(i));
    });
  });
  std::thread reader([&] {
    while (!done) {
      const ObjectSet view = inventory.view("a");
      for (const Object* one : view.all(Kind::stateful_set, "a"))
        CHECK(one->spec()["serviceName"].text() == one->name);
      for (const Object* one : view.all(Kind::pod, "a"))
        CHECK(one->spec()["volumes"][std::size_t{0}]["persistentVolumeClaim"]["claimName"]
                  .text()
                  .starts_with("claim-"));
      static_cast<void>(inventory.synced());
      static_cast<void>(inventory.namespaces());
    }
  });
  sets.join();
  pods.join();
  done = true;
  reader.join();
  CHECK(inventory.filled());
  CHECK(changes > 0);
}

TEST_CASE("waits grow, are never longer than half a minute nor the same for two, and begin anew") {
  std::set<std::int64_t> firsts;
  for (unsigned seed = 1; seed <= 50; ++seed) {
    Backoff backoff(seed * 7919);
    auto step = Backoff::kFirst;
    for (int i = 0; i < 12; ++i) {
      const auto wait = backoff.next();
      if (i == 0) firsts.insert(wait.count());
      CHECK(wait >= std::min(step, Backoff::kLongest));
      CHECK(wait <= std::min(2 * step, Backoff::kLongest));
      step = std::min(step * 2, Backoff::kLongest);
    }
    backoff.reset();
    CHECK(backoff.next() <= 2 * Backoff::kFirst);
  }
  CHECK(firsts.size() > 25);
}
