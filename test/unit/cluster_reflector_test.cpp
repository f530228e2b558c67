// Reflectors against a scripted API server: what the inventory holds after lists, watches,
// bookmarks, gaps and failures.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "cluster/reflector.h"
#include "test/unit/fake_api_server.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

std::string set(const std::string& name, int version, int replicas = 1) {
  return fmt::format(
      R"({{"metadata":{{"name":"{}","namespace":"a","resourceVersion":"{}"}},"spec":{{"replicas":{}}}}})",
      name, version, replicas);
}

std::string list(const Strings& items, int version, const std::string& next = "") {
  return fmt::format(R"({{"metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
                     version, next, fmt::join(items, ","));
}

std::string event(std::string_view type, const std::string& object) {
  return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object);
}

std::string bookmark(int version) {
  return event("BOOKMARK", fmt::format(R"({{"metadata":{{"resourceVersion":"{}"}}}})", version));
}

// A server whose StatefulSets follow a script, one step for each request; of all else there is
// nothing. When the script is over, watches wait and lists repeat the last one.
class Scripted {
 public:
  using Step = std::function<void(const FakeRequest&, FakeReply&)>;

  explicit Scripted(std::deque<Step> steps)
      : steps_(std::move(steps)),
        server_([this](const FakeRequest& request, FakeReply& reply) { answer(request, reply); },
                {.tls = false}) {}

  FakeApiServer& server() { return server_; }
  // Requests for StatefulSets: "list" or "watch VERSION".
  Strings asked() const {
    Strings all;
    for (const FakeRequest& request : server_.requests()) {
      if (request.path() != "/apis/apps/v1/statefulsets") continue;
      all.push_back(request.is_watch() ? "watch " + request.parameter("resourceVersion") : "list");
    }
    return all;
  }

 private:
  void answer(const FakeRequest& request, FakeReply& reply) {
    if (request.path() != "/apis/apps/v1/statefulsets") return nothing(request, reply);
    Step step;
    {
      const std::lock_guard lock(mutex_);
      if (!steps_.empty()) {
        step = std::move(steps_.front());
        steps_.pop_front();
      }
    }
    step ? step(request, reply) : nothing(request, reply);
  }
  static void nothing(const FakeRequest& request, FakeReply& reply) {
    if (!request.is_watch()) return reply.json(200, list({}, 1));
    reply.begin_stream();
    reply.hold();
  }

  std::mutex mutex_;
  std::deque<Step> steps_;
  FakeApiServer server_;
};

Scripted::Step lists(const std::string& text) {
  return [text](const FakeRequest& request, FakeReply& reply) {
    CHECK_FALSE(request.is_watch());
    reply.json(200, text);
  };
}

enum class Then { hold, end, drop };

Scripted::Step watches(const std::string& events, Then then = Then::hold) {
  return [=](const FakeRequest& request, FakeReply& reply) {
    CHECK(request.is_watch());
    reply.begin_stream();
    if (!events.empty()) reply.chunk(events);
    if (then == Then::hold) reply.hold();
    if (then == Then::end) reply.end_stream();
    if (then == Then::drop) reply.hang_up();
  };
}

// What an inventory is fed with, and what was said.
struct Running {
  explicit Running(Scripted& scripted)
      : inventory(Reflectors::feeds({}), std::chrono::steady_clock::now) {
    inventory.on_change([this](const std::string&) { changed(); });
    reflectors = std::make_unique<Reflectors>(source_of(scripted.server().access()), inventory,
                                              Strings{}, [this](std::string_view line) {
                                                {
                                                  const std::lock_guard lock(mutex);
                                                  said.emplace_back(line);
                                                }
                                                changed();
                                              });
  }
  void changed() {
    const std::lock_guard lock(mutex);
    ++changes;
    change.notify_all();
  }
  // "name=replicas" of every set.
  std::string sets() const {
    const ObjectSet view = inventory.view("a");
    std::string text;
    for (const Object* one : view.all(Kind::stateful_set, "a"))
      text += fmt::format("{}={} ", one->name, one->spec()["replicas"].integer(-1));
    return text;
  }
  // Waits until it holds these, at most 20 s.
  bool becomes(const std::string& wanted) {
    return until([&] { return sets() == wanted; });
  }
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::unique_lock lock(mutex);
    while (true) {
      lock.unlock();
      if (condition()) return true;
      lock.lock();
      // Bookmarks and requests change nothing here: they are looked for from time to time.
      change.wait_for(lock, 5ms);
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
  }

  Inventory inventory;
  std::mutex mutex;
  std::condition_variable change;
  int changes = 0;
  Strings said;
  std::unique_ptr<Reflectors> reflectors;
};

}  // namespace

TEST_CASE("an inventory is filled by lists, kept by watches, and whole once all have listed") {
  Scripted scripted({lists(list({set("x", 3), set("y", 4)}, 5)),
                     watches(event("ADDED", set("z", 6)) + event("MODIFIED", set("x", 7, 9)) +
                             event("DELETED", set("y", 8)))});
  Running running(scripted);
  CHECK(running.becomes("x=9 z=1 "));
  CHECK(running.until([&] { return running.inventory.synced(); }));
  CHECK(scripted.asked() == Strings{"list", "watch 5"});
  // One list and one watch for each resource, of all namespaces.
  CHECK(running.until([&] { return scripted.server().requests().size() == 20; }));
  CHECK(scripted.server().count("GET") == 20);
  CHECK(running.said.empty());
}

TEST_CASE("bookmarks and events move the version on, from which the next watch goes on") {
  Scripted scripted({lists(list({set("x", 3)}, 5)), watches(bookmark(40), Then::end),
                     watches(event("MODIFIED", set("x", 50, 2)), Then::end),
                     watches(event("MODIFIED", set("x", 60, 3)))});
  Running running(scripted);
  CHECK(running.becomes("x=3 "));
  CHECK(scripted.asked() == Strings{"list", "watch 5", "watch 40", "watch 50"});
  CHECK(running.said.empty());
}

TEST_CASE(
    "a watch that expires, as an event or at once, is a new list in which the gone are gone") {
  for (const bool at_once : {false, true}) {
    CAPTURE(at_once);
    const std::string expired = status_json(410, "Expired", "too old resource version");
    Scripted scripted({lists(list({set("x", 3), set("gone", 4)}, 5)),
                       [&](const FakeRequest&, FakeReply& reply) {
                         if (at_once) return reply.json(410, expired);
                         reply.begin_stream();
                         reply.chunk(event("ERROR", expired));
                         reply.hold();
                       },
                       lists(list({set("x", 3)}, 90, "next")), lists(list({set("new", 80)}, 90)),
                       watches("")});
    Running running(scripted);
    CHECK(running.becomes("new=1 x=1 "));
    CHECK(running.until([&] { return scripted.asked().size() == 5; }));
    CHECK(scripted.asked() == Strings{"list", "watch 5", "list", "list", "watch 90"});
    CHECK(running.said.empty());
  }
}

TEST_CASE("a list that expires on the way leaves nothing of its first half") {
  Scripted scripted({lists(list({set("half", 3)}, 5, "next")),
                     [](const FakeRequest&, FakeReply& reply) { reply.status(410, "Expired"); },
                     lists(list({set("x", 3)}, 6)), watches("")});
  Running running(scripted);
  CHECK(running.becomes("x=1 "));
  CHECK(scripted.asked().size() >= 3);
}

TEST_CASE("a watch that breaks off goes on from where it was, and is told of once") {
  Scripted scripted({lists(list({set("x", 3)}, 5)),
                     watches(event("MODIFIED", set("x", 7, 2)) + R"({"type":"DEL)", Then::drop),
                     watches(event("MODIFIED", set("x", 8, 3)), Then::end), watches("")});
  Running running(scripted);
  CHECK(running.becomes("x=3 "));
  CHECK(scripted.asked()[2] == "watch 7");
  CHECK(running.until([&] {
    const std::lock_guard lock(running.mutex);
    return running.said.size() == 2;
  }));
  CHECK(running.said.front().starts_with("watching statefulsets: "));
  CHECK(running.said.back() == "watching statefulsets: works again");
}

TEST_CASE(
    "a server that ends every watch at once, or calls every version too old, is not stormed") {
  for (const bool expires : {false, true}) {
    CAPTURE(expires);
    std::atomic<int> watches_begun = 0;
    Scripted::Step again = [&](const FakeRequest& request, FakeReply& reply) {
      if (!request.is_watch()) return reply.json(200, list({set("x", 3)}, 5));
      ++watches_begun;
      if (expires) return reply.status(410, "Expired");
      reply.begin_stream();
      reply.end_stream();
    };
    Scripted scripted(std::deque<Scripted::Step>(1000, again));
    Running running(scripted);
    CHECK(running.becomes("x=1 "));
    CHECK(running.until([&] { return watches_begun == 2; }));
    // The first pause alone is 0.8 s.
    CHECK(scripted.asked().size() <= 6);
  }
}

TEST_CASE("lists that never end keep nothing fresh") {
  std::atomic<bool> broken = true;
  Scripted::Step pages = [&](const FakeRequest& request, FakeReply& reply) {
    if (request.is_watch()) return reply.status(410, "Expired");
    if (request.parameter("continue").empty())
      return reply.json(200, list({set("x", 3)}, 5, broken ? "next" : ""));
    reply.status(403, "Forbidden");
  };
  Scripted scripted(std::deque<Scripted::Step>(1000, pages));
  Running running(scripted);
  CHECK(running.until([&] { return scripted.asked().size() >= 4; }));
  CHECK_FALSE(running.inventory.filled());
  // Heard of since the machine was started, as far as the inventory is concerned.
  CHECK(running.inventory.staleness() == std::chrono::duration_cast<std::chrono::seconds>(
                                             std::chrono::steady_clock::now().time_since_epoch()));
}

TEST_CASE("what is forbidden is said once and tried again, and the inventory is not whole") {
  Scripted scripted(std::deque<Scripted::Step>(
      2, [](const FakeRequest&, FakeReply& reply) { reply.status(403, "Forbidden", "no"); }));
  Running running(scripted);
  CHECK(running.until([&] {
    const std::lock_guard lock(running.mutex);
    return !running.said.empty();
  }));
  CHECK_FALSE(running.inventory.filled());
  CHECK(running.said.front() == "watching statefulsets: the API server answers 403: no");
  CHECK(running.until([&] { return running.inventory.filled(); }));
  CHECK(running.said.size() == 2);
}

TEST_CASE("of some namespaces each is watched by itself, and what is the cluster's once") {
  Scripted scripted({});
  Inventory inventory(Reflectors::feeds({"a", "b"}), std::chrono::steady_clock::now);
  const Reflectors reflectors(source_of(scripted.server().access()), inventory, {"a", "b"}, {});
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!inventory.filled() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
  CHECK(inventory.filled());
  CHECK(Reflectors::feeds({"a", "b"}) == 6 * 1 + 10);
  int of_a = 0;
  int of_cluster = 0;
  for (const FakeRequest& request : scripted.server().requests()) {
    if (request.is_watch()) continue;
    of_a += request.path().find("/namespaces/a/") != std::string::npos ? 1 : 0;
    of_cluster += request.path().find("/namespaces/") == std::string::npos ? 1 : 0;
  }
  CHECK(of_a == 6);
  CHECK(of_cluster == 4);
}

TEST_CASE("reflectors end at once, whether they watch, list or wait") {
  Scripted scripted({[](const FakeRequest&, FakeReply& reply) { reply.status(500, "Down"); }});
  auto running = std::make_unique<Running>(scripted);
  REQUIRE(scripted.server().await(12));
  const auto before = std::chrono::steady_clock::now();
  running.reset();
  CHECK(std::chrono::steady_clock::now() - before < 2s);
}
