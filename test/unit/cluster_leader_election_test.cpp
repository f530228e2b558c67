// The election: two candidates with clocks of their own against one API server.

#include <doctest/doctest.h>

#include <random>

#include "cluster/leader_election.h"
#include "test/unit/fake_cluster.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const std::string kPath =
    "/apis/coordination.k8s.io/v1/namespaces/stateward-system/leases/stateward-controller";

struct Candidate {
  Candidate(FakeCluster& cluster, const std::string& holder,
            const std::chrono::steady_clock::time_point& steady)
      : client(cluster.source()),
        election(
            {.name_space = "stateward-system", .name = "stateward-controller", .holder = holder},
            [this] { return wall; }, [&steady] { return steady; }) {}
  bool step() { return election.step(client).has_value(); }
  bool leads() const { return election.leads(); }
  void release() { election.release(client); }

  std::chrono::sys_seconds wall = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
  ApiClient client;
  LeaderElection election;
};

struct Two {
  FakeCluster cluster;
  std::chrono::steady_clock::time_point now{1000h};
  Candidate a{cluster, "a", now};
  Candidate b{cluster, "b", now};
};

bool fails(const FakeRequest&, FakeReply& reply) {
  reply.status(403, "Forbidden");
  return true;
}

}  // namespace

TEST_CASE("the first to come leads, and keeps the lead while it renews") {
  Two two;
  CHECK_FALSE(two.a.leads());
  CHECK(two.a.step());
  CHECK(two.a.leads());
  const Json first = two.cluster.get(kPath);
  CHECK(first["spec"] == Json::parse(R"({"holderIdentity": "a", "leaseDurationSeconds": 15,
    "acquireTime": "2026-11-21T00:00:00.000000Z", "renewTime": "2026-11-21T00:00:00.000000Z",
    "leaseTransitions": 0})"));
  for (int i = 0; i < 20; ++i) {
    two.now += 2s;
    two.a.wall += 2s;
    CHECK(two.b.step());
    CHECK(two.a.step());
    CHECK(two.a.leads());
    CHECK_FALSE(two.b.leads());
  }
  const Json last = two.cluster.get(kPath)["spec"];
  CHECK(last["acquireTime"] == first["spec"]["acquireTime"]);
  CHECK(last["renewTime"] == "2026-11-21T00:00:40.000000Z");
  CHECK(last["leaseTransitions"] == 0);
}

TEST_CASE("who does not renew stops to lead before another begins, whatever the wall clocks say") {
  Two two;
  two.b.wall += 24h * 365;
  CHECK(two.a.step());
  CHECK(two.b.step());
  // From here on the first one is asleep.
  bool led = false;
  for (int second = 1; second <= 30; ++second) {
    two.now += 1s;
    CHECK(two.a.leads() == (second < 10));
    CHECK(two.b.step());
    CHECK_FALSE((two.a.leads() && two.b.leads()));
    led |= two.b.leads();
    CHECK(led == (second >= 15));
  }
  const Json spec = two.cluster.get(kPath)["spec"];
  CHECK(spec["holderIdentity"] == "b");
  CHECK(spec["leaseTransitions"] == 1);
  CHECK(spec["acquireTime"].get<std::string>().starts_with("2027-"));
  // It wakes up and sees that it is late.
  CHECK(two.a.step());
  CHECK_FALSE(two.a.leads());
}

TEST_CASE("who comes new waits for as long as a lease lasts, by its own clock") {
  Two two;
  two.cluster.put(kPath, {{"spec",
                           {{"holderIdentity", "gone"},
                            {"leaseDurationSeconds", 15},
                            {"renewTime", "2020-01-01T00:00:00.000000Z"}}}});
  CHECK(two.a.step());
  CHECK_FALSE(two.a.leads());
  two.now += 14s;
  CHECK(two.a.step());
  CHECK_FALSE(two.a.leads());
  two.now += 1s;
  CHECK(two.a.step());
  CHECK(two.a.leads());
}

TEST_CASE("a lease that is given back is taken at once, and is not taken from another") {
  Two two;
  CHECK(two.a.step());
  CHECK(two.b.step());
  two.a.release();
  CHECK_FALSE(two.a.leads());
  CHECK(two.cluster.get(kPath)["spec"]["holderIdentity"] == "");
  CHECK(two.b.step());
  CHECK(two.b.leads());
  // Who does not lead has nothing to give back.
  two.cluster.writes();
  two.a.release();
  CHECK(two.cluster.writes().empty());
  CHECK(two.cluster.get(kPath)["spec"]["holderIdentity"] == "b");
  // Nor has who believes so by its clock, though the lease names another.
  two.cluster.put(kPath, {{"spec", {{"holderIdentity", "a"}, {"leaseDurationSeconds", 15}}}});
  two.b.release();
  CHECK(two.cluster.writes().empty());
}

TEST_CASE("who cannot reach the API server stops to lead before its lease ends") {
  Two two;
  CHECK(two.a.step());
  two.cluster.before(fails);
  for (int second = 1; second < 10; ++second) {
    two.now += 1s;
    CHECK_FALSE(two.a.step());
    CHECK(two.a.leads());
  }
  two.now += 1s;
  CHECK_FALSE(two.a.step());
  CHECK_FALSE(two.a.leads());
  two.cluster.before({});
  CHECK(two.a.step());
  CHECK(two.a.leads());
}

TEST_CASE("a renewal counts from before it was sent: it may take as long as it likes") {
  Two two;
  CHECK(two.a.step());
  two.cluster.before([&](const FakeRequest& request, FakeReply&) {
    if (request.method == "PUT") two.now += 8s;
    return false;
  });
  CHECK(two.a.step());
  CHECK(two.a.leads());
  two.now += 2s;
  CHECK_FALSE(two.a.leads());
}

TEST_CASE("of two that see a free lease one gets it, the other meets a conflict and says nothing") {
  for (const bool there : {false, true}) {
    CAPTURE(there);
    Two two;
    if (there) two.cluster.put(kPath, {{"spec", {{"holderIdentity", ""}}}});
    bool once = true;
    two.cluster.before([&](const FakeRequest& request, FakeReply&) {
      if (request.method != "GET" && std::exchange(once, false)) CHECK(two.b.step());
      return false;
    });
    CHECK(two.a.step());
    CHECK(two.b.leads());
    CHECK_FALSE(two.a.leads());
    CHECK(two.cluster.get(kPath)["spec"]["holderIdentity"] == "b");
  }
}

TEST_CASE("whatever happens, never do both lead, and somebody does before long") {
  Two two;
  std::minstd_rand random(3);
  bool down = false;
  two.cluster.before(
      [&](const FakeRequest& request, FakeReply& reply) { return down && fails(request, reply); });
  Candidate* all[] = {&two.a, &two.b};
  int without = 0;
  int asleep_for[] = {0, 0};
  for (int i = 0; i < 2'000; ++i) {
    two.now += 1s;
    if (random() % 30 == 0) down = random() % 3 == 0;
    for (int who = 0; who < 2; ++who) {
      if (random() % 40 == 0) asleep_for[who] = static_cast<int>(random() % 25);
      if (asleep_for[who]-- > 0 || random() % 2 == 0) continue;
      if (random() % 60 == 0) all[who]->release();
      static_cast<void>(all[who]->step());
    }
    REQUIRE_FALSE((two.a.leads() && two.b.leads()));
    without = two.a.leads() || two.b.leads() ? 0 : without + 1;
    if (!down && asleep_for[0] <= -25 && asleep_for[1] <= -25) CHECK(without < 25);
    if (down) without = 0;
  }
}
