// The client against an API server that pages, throttles, expires, breaks off and says nothing.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <random>
#include <thread>

#include "cluster/api_client.h"
#include "test/unit/fake_api_server.h"
#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

constexpr Resource kPods{"", "v1", "pods"};
constexpr Resource kServices{"", "v1", "services"};
const Selection kAllPods{.resource = kPods};

std::string pod(const std::string& name, int version = 1) {
  return fmt::format(R"({{"metadata":{{"name":"{}","namespace":"a","resourceVersion":"{}"}}}})",
                     name, version);
}

std::string page(const Strings& items, const std::string& version, const std::string& next = "") {
  return fmt::format(
      R"({{"kind":"PodList","metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
      version, next, fmt::join(items, ","));
}

std::string event(std::string_view type, const std::string& object) {
  return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object);
}

// A server and a client of it.
struct Pair {
  explicit Pair(FakeApiServer::Handler handler)
      : server(std::move(handler), {.tls = false}), client(source_of(server.access())) {}
  FakeApiServer server;
  ApiClient client;
};

struct Listed {
  Strings items;
  int restarts = 0;
  ApiResult<std::string> version;
};

Listed listed(ApiClient& client, const Selection& selection = kAllPods) {
  Listed all;
  all.version = client.list(
      selection, [&](std::string_view item) { all.items.emplace_back(item); },
      [&] {
        ++all.restarts;
        all.items.clear();
      });
  return all;
}

// "TYPE name", and what ended the watch.
struct Watched {
  Strings events;
  std::optional<ApiError> error;
};

Watched watched(ApiClient& client) {
  Watched all;
  const auto ended = client.watch(kAllPods, "7", 300s, [&](const WatchEvent& one) {
    all.events.push_back(fmt::format("{} {}", one.type, one.object["metadata"]["name"].text("-")));
  });
  if (!ended) all.error = ended.error();
  return all;
}

template <typename Call>
std::chrono::milliseconds took(const Call& call) {
  const auto before = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               before);
}

// Listens and never says a word: a handshake with it never ends.
class Mute {
 public:
  explicit Mute(Access& access) : server_([](const auto&, auto&) {}, {.tls = false}) {
    access = server_.access();
    access.tls = true;
    access.verify = false;
  }
  bool called() const { return server_.connections() > 0; }

 private:
  FakeApiServer server_;
};

}  // namespace

TEST_CASE("a list is followed page by page and answers the version to watch from") {
  Pair pair([](const FakeRequest& request, FakeReply& reply) {
    const std::string next = request.parameter("continue");
    if (next.empty()) return reply.json(200, page({pod("a"), pod("b")}, "7", "to/2=="));
    if (next == "to%2F2%3D%3D") return reply.json(200, page({}, "7", "3"));
    reply.json(200, page({pod("c")}, "8"));
  });
  const Listed all = listed(pair.client, {.resource = kPods,
                                          .name_space = "a",
                                          .field_selector = "metadata.name=x",
                                          .label_selector = "a in (b,c)"});
  CHECK(all.items == Strings{pod("a"), pod("b"), pod("c")});
  CHECK(all.version.value() == "8");
  const auto requests = pair.server.requests();
  REQUIRE(requests.size() == 3);
  const std::string first =
      "/api/v1/namespaces/a/pods?limit=500&fieldSelector=metadata.name%3Dx"
      "&labelSelector=a%20in%20%28b%2Cc%29";
  CHECK(requests[0].target == first);
  CHECK(requests[1].target == first + "&continue=to%2F2%3D%3D");
  CHECK(requests[2].target == first + "&continue=3");
  CHECK(pair.server.connections() == 1);
}

TEST_CASE("a list that expires on the way begins once more, and only once") {
  std::atomic<int> expired = 1;
  Pair pair([&](const FakeRequest& request, FakeReply& reply) {
    if (request.parameter("continue").empty()) return reply.json(200, page({pod("a")}, "7", "x"));
    if (expired-- > 0) return reply.status(410, "Expired");
    reply.json(200, page({pod("b")}, "9"));
  });
  Listed all = listed(pair.client);
  CHECK(all.items == Strings{pod("a"), pod("b")});
  CHECK(all.restarts == 1);
  CHECK(all.version.value() == "9");
  CHECK(pair.server.requests().size() == 4);
  expired = 100;
  all = listed(pair.client);
  CHECK(all.restarts == 1);
  REQUIRE_FALSE(all.version);
  CHECK(all.version.error().expired());
  CHECK(all.version.error().reason == "Expired");
  CHECK(pair.server.requests().size() == 8);
  // Who cannot begin again is told.
  CHECK(pair.client.list(kAllPods, [](std::string_view) {}).error().expired());
}

TEST_CASE("a list that expires at once, breaks off or is none is an error") {
  std::string what;
  Pair pair([&](const FakeRequest&, FakeReply& reply) {
    if (what == "expired") return reply.status(410, "Expired");
    if (what == "forbidden") return reply.status(403, "Forbidden");
    if (what == "another type") return reply.json(200, "[]");
    if (what == "no version") return reply.json(200, R"({"metadata":{},"items":[]})");
    reply.begin_stream();
    reply.chunk(page({pod("a"), pod("b")}, "7").substr(0, what == "cut" ? 100 : 60));
    what == "reset" ? reply.reset() : reply.hang_up();
  });
  for (const char* one : {"expired", "forbidden", "another type", "no version", "cut", "reset"}) {
    what = one;
    CAPTURE(what);
    const std::size_t before = pair.server.requests().size();
    const Listed all = listed(pair.client);
    CHECK_FALSE(all.version);
    CHECK(all.restarts == 0);
    // What has begun to come is not asked for again: the caller has seen a part of it.
    CHECK(pair.server.requests().size() == before + 1);
  }
}

TEST_CASE("ten thousand large objects are listed in little memory") {
  Pair pair([](const FakeRequest& request, FakeReply& reply) {
    const std::string next = request.parameter("continue");
    const int number = next.empty() ? 1 : std::stoi(next);
    reply.begin_stream();
    reply.chunk(fmt::format(R"({{"metadata":{{"resourceVersion":"1","continue":"{}"}},"items":[)",
                            number < 20 ? std::to_string(number + 1) : ""));
    const std::string item = R"({"data":")" + std::string(8'000, 'x') + "\"}";
    for (int i = 0; i < 500; ++i) reply.chunk(i == 0 ? item : "," + item);
    reply.chunk("]}");
    reply.end_stream();
  });
  std::size_t items = 0;
  std::size_t most = 0;
  const std::size_t before = ::mallinfo2().uordblks;
  const auto version = pair.client.list(kAllPods, [&](std::string_view) {
    if (++items % 50 == 0) most = std::max(most, ::mallinfo2().uordblks);
  });
  CHECK(version.has_value());
  CHECK(items == 10'000);
  CHECK(most < before + (std::size_t{8} << 20));  // of 80 MiB
}

TEST_CASE("a read that got no answer is tried again at once, a write is not") {
  std::atomic<int> broken = 0;
  Pair pair([&](const FakeRequest&, FakeReply& reply) {
    if (broken-- > 0) return reply.reset();
    reply.json(200, "{}");
  });
  broken = 1;
  CHECK(took([&] { CHECK(pair.client.get(kPods, "a", "b").has_value()); }) < 900ms);
  CHECK(pair.server.count("GET") == 2);
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    CAPTURE(std::string(method));
    broken = 1;
    const std::string_view one = method;
    const bool done =
        one == "POST"  ? pair.client.create(kServices, "a", "{}").has_value()
        : one == "PUT" ? pair.client.update(kServices, "a", "b", "{}").has_value()
        : one == "PATCH"
            ? pair.client.patch(kServices, "a", "b", PatchType::merge, "{}").has_value()
            : pair.client.remove(kServices, "a", "b", "uid").has_value();
    CHECK_FALSE(done);
    CHECK(pair.server.count(method) == 1);
  }
}

TEST_CASE("a write is tried again only where the server says that it did nothing") {
  struct Case {
    int status;
    const char* header;
    bool again;
  };
  const Case cases[] = {{429, "Retry-After: 1\r\n", true},
                        {503, "Retry-After: 1\r\n", true},
                        {503, "", false},
                        {500, "Retry-After: 1\r\n", false},
                        {409, "", false},
                        {504, "", false}};
  std::vector<std::thread> all;
  for (const Case& one : cases) {
    all.emplace_back([&one] {
      CAPTURE(one.status);
      CAPTURE(std::string(one.header));
      std::atomic<int> refused = 1;
      Pair pair([&](const FakeRequest&, FakeReply& reply) {
        if (refused-- > 0) return reply.status(one.status, "Scripted", "wait", one.header);
        reply.json(201, "{}");
      });
      const auto time =
          took([&] { CHECK(pair.client.create(kServices, "a", "{}").has_value() == one.again); });
      CHECK(pair.server.requests().size() == (one.again ? 2 : 1));
      CHECK((time >= 1s) == one.again);
    });
  }
  for (std::thread& thread : all) thread.join();
}

TEST_CASE("a server that fails on and on is asked five times, and what it said is told") {
  Pair pair([](const FakeRequest&, FakeReply& reply) {
    reply.status(500, "InternalError", "etcdserver: no leader\n\x1b[31m");
  });
  const auto answer = pair.client.get(kPods, "a", "b");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().status == 500);
  CHECK(answer.error().reason == "InternalError");
  CHECK(answer.error().message.starts_with("the API server answers 500: etcdserver: no leader"));
  CHECK(answer.error().message.find('\x1b') == std::string::npos);
  CHECK(pair.server.requests().size() == 5);
}

TEST_CASE("errors are told apart by what the server says") {
  int status = 0;
  std::string body;
  Pair pair([&](const FakeRequest&, FakeReply& reply) { reply.json(status, body); });
  const auto asked = [&](int code, const std::string& text) {
    status = code;
    body = text;
    return pair.client.get(kPods, "a", "b").error();
  };
  CHECK(asked(404, status_json(404, "NotFound", "gone")).not_found());
  CHECK(asked(409, status_json(409, "Conflict", "x")).conflict());
  CHECK(asked(403, status_json(403, "Forbidden", "x")).forbidden());
  CHECK(asked(410, "").expired());
  CHECK(asked(410, "").message == "the API server answers 410: no message");
  // A proxy's page, and a Status that contradicts its code.
  CHECK(asked(404, "<html>nothing here</html>").message ==
        "the API server answers 404: <html>nothing here</html>");
  CHECK(asked(403, status_json(200, "", "x")).status == 403);
  CHECK(asked(404, std::string(100'000, 'y')).message.size() < 500);
  CHECK(asked(200, "[1]").message.starts_with("the API server answers what is no JSON object"));
  CHECK(asked(200, "").status == 0);
}

TEST_CASE("every kind of write is sent as the API server wants it") {
  Pair pair([](const FakeRequest&, FakeReply& reply) { reply.json(200, R"({"kind":"x"})"); });
  ApiClient& client = pair.client;
  CHECK(client.create(kServices, "a", "{1}").has_value());
  CHECK(client.update(kServices, "a", "b", "{2}").has_value());
  CHECK(client.patch(kServices, "a", "b", PatchType::merge, "{3}").has_value());
  CHECK(client.patch(kServices, "a", "b", PatchType::strategic, "{4}").has_value());
  CHECK(client.apply(kServices, "a", "b", "{5}").has_value());
  CHECK(client.apply(kServices, "a", "b", "{6}", true).has_value());
  CHECK(client.remove(kServices, "a", "b", "u-1").has_value());
  Strings sent;
  for (const FakeRequest& request : pair.server.requests()) {
    sent.push_back(fmt::format("{} {} {} {}", request.method, request.target,
                               request.header("Content-Type"), request.body));
  }
  const std::string all = "/api/v1/namespaces/a/services?fieldManager=stateward";
  const std::string one = "/api/v1/namespaces/a/services/b?fieldManager=stateward";
  CHECK(sent == Strings{"POST " + all + " application/json {1}",
                        "PUT " + one + " application/json {2}",
                        "PATCH " + one + " application/merge-patch+json {3}",
                        "PATCH " + one + " application/strategic-merge-patch+json {4}",
                        "PATCH " + one + "&force=false application/apply-patch+yaml {5}",
                        "PATCH " + one + "&force=true application/apply-patch+yaml {6}",
                        "DELETE /api/v1/namespaces/a/services/b application/json "
                        R"({"apiVersion":"v1","kind":"DeleteOptions",)"
                        R"("preconditions":{"uid":"u-1"}})"});
}

TEST_CASE("an object without a name is never asked for: its path would be all objects") {
  Pair pair([](const FakeRequest&, FakeReply& reply) { reply.json(200, "{}"); });
  CHECK_FALSE(pair.client.get(kServices, "a", ""));
  CHECK_FALSE(pair.client.update(kServices, "a", "", "{}"));
  CHECK_FALSE(pair.client.patch(kServices, "a", "", PatchType::merge, "{}"));
  CHECK_FALSE(pair.client.apply(kServices, "a", "", "{}"));
  CHECK_FALSE(pair.client.remove(kServices, "a", "", "uid"));
  CHECK_FALSE(pair.client.remove(kServices, "a", "../..", "uid"));
  CHECK_FALSE(pair.client.create(kServices, "a/b", "{}"));
  CHECK(pair.server.requests().empty());
}

TEST_CASE("a watch hands out its events wherever the bytes are cut") {
  std::string script;
  const Strings wanted = {"ADDED a", "MODIFIED b\\n}{", "BOOKMARK -", "DELETED \xc3\xa4"};
  script += event("ADDED", pod("a"));
  script += "\n" + event("MODIFIED", pod("b\\\\n}{"));
  script += event("BOOKMARK", R"({"metadata":{"resourceVersion":"9"}})");
  script += event("DELETED", pod("\xc3\xa4"));
  std::atomic<unsigned> seed = 0;
  Pair pair([&](const FakeRequest&, FakeReply& reply) {
    std::minstd_rand random(++seed);
    const std::size_t longest = seed < 3 ? seed.load() : 80;
    reply.begin_stream();
    for (std::string_view rest = script; !rest.empty();) {
      const auto size = std::min<std::size_t>(rest.size(), 1 + random() % longest);
      reply.chunk(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    reply.end_stream();
  });
  for (int i = 0; i < 20; ++i) {
    const Watched all = watched(pair.client);
    CHECK_FALSE(all.error.has_value());
    CHECK(all.events == wanted);
  }
  CHECK(pair.server.requests().back().target ==
        "/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300");
  CHECK(pair.server.connections() == 1);
}

TEST_CASE("a watch ends with what ended it, and what came before it counts") {
  std::atomic<const char*> asked = "";
  Pair pair([&](const FakeRequest&, FakeReply& reply) {
    const std::string_view what = asked.load();
    if (what == "too old") return reply.status(410, "Expired");
    if (what == "refused") return reply.status(403, "Forbidden");
    reply.begin_stream();
    reply.chunk(event("ADDED", pod("a")));
    if (what == "expired") {
      reply.chunk(event("ERROR", status_json(410, "Expired", "too old resource version")) +
                  event("ADDED", pod("never")));
      return reply.hold();
    }
    if (what == "rubbish") {
      reply.chunk("{\"type\":\n");
      return reply.hold();
    }
    if (what == "a part") {
      reply.chunk(R"({"type":"DELETED","obj)");
      return reply.end_stream();
    }
    what == "reset" ? reply.reset() : reply.hang_up();
  });
  const auto ended = [&](const char* how) {
    asked = how;
    return watched(pair.client);
  };
  const Strings one = {"ADDED a"};
  CHECK(ended("expired").error.value().expired());
  CHECK(ended("expired").events == one);
  CHECK(ended("too old").error.value().expired());
  CHECK(ended("refused").error.value().forbidden());
  CHECK(ended("rubbish").error.value().status == 0);
  CHECK(ended("rubbish").events == one);
  CHECK(ended("dropped").error.has_value());
  CHECK(ended("dropped").events == one);
  // What was reset may take with it what had come.
  CHECK(ended("reset").error.has_value());
  CHECK(ended("a part").events == one);
  CHECK_FALSE(ended("a part").error.has_value());
}

TEST_CASE("an event that never ends is given up, and the watch with it") {
  Pair pair([&](const FakeRequest&, FakeReply& reply) {
    reply.begin_stream();
    while (reply.chunk(std::string(1 << 20, 'x'))) {
    }
  });
  const Watched all = watched(pair.client);
  CHECK(all.events.empty());
  CHECK(all.error.has_value());
}

TEST_CASE("a refused token is read again once, and what is there then is used") {
  const TempFolder folder;
  const auto file = folder.write("token", "old\n");
  FakeApiServer server([](const FakeRequest& request, FakeReply& reply) {
    request.header("Authorization") == "Bearer new" ? reply.json(200, "{}")
                                                    : reply.status(401, "Unauthorized");
  });
  Access access = server.access();
  access.token.file = file;
  ApiClient client(source_of(access));
  auto refused = client.get(kPods, "a", "b");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == 401);
  CHECK(refused.error().forbidden());
  CHECK(server.requests().size() == 2);
  folder.write("token", " new \n");
  CHECK(client.create(kServices, "a", "{}").has_value());
  const auto requests = server.requests();
  CHECK(requests.back().header("Authorization") == "Bearer new");
  CHECK(requests.size() <= 4);
}

TEST_CASE("stop() ends at once whatever the client is waiting for, and all that comes later") {
  enum class At { answer, list, watch, throttled, handshake };
  for (const At at : {At::answer, At::list, At::watch, At::throttled, At::handshake}) {
    CAPTURE(static_cast<int>(at));
    Pair pair([&](const FakeRequest&, FakeReply& reply) {
      if (at == At::throttled) return reply.status(429, "TooMany", "x", "Retry-After: 20\r\n");
      if (at == At::list || at == At::watch) reply.begin_stream();
      if (at == At::list) reply.chunk(R"({"items":[{},)");
      if (at == At::watch) reply.chunk(event("ADDED", pod("a")));
      reply.hold();
    });
    Access access = pair.server.access();
    const Mute mute(access);
    ApiClient client(source_of(at == At::handshake ? access : pair.server.access()));
    std::promise<void> began;
    std::atomic<bool> seen = false;
    const auto see = [&](auto&&) {
      if (!seen.exchange(true)) began.set_value();
    };
    std::thread thread([&] {
      if (at == At::watch) {
        CHECK_FALSE(client.watch(kAllPods, "1", 300s, see));
      } else if (at == At::list) {
        CHECK_FALSE(client.list(kAllPods, see));
      } else {
        CHECK_FALSE(client.get(kPods, "a", "b"));
      }
    });
    if (at == At::watch || at == At::list) {
      began.get_future().wait();
    } else if (at == At::handshake) {
      while (!mute.called()) std::this_thread::sleep_for(1ms);
      std::this_thread::sleep_for(20ms);
    } else {
      REQUIRE(pair.server.await(1));
      std::this_thread::sleep_for(20ms);
    }
    CHECK(took([&] { client.stop(); }) < 500ms);
    CHECK(took([&] { thread.join(); }) < 1s);
    CHECK(took([&] { CHECK(client.get(kPods, "a", "b").error().message == "stopped"); }) < 500ms);
    CHECK_FALSE(client.create(kServices, "a", "{}"));
  }
}

TEST_CASE("a client that is stopped before it began never connects") {
  Pair pair([](const FakeRequest&, FakeReply& reply) { reply.json(200, "{}"); });
  pair.client.stop();
  CHECK_FALSE(listed(pair.client).version);
  CHECK(watched(pair.client).error.has_value());
  CHECK(pair.server.connections() == 0);
}
