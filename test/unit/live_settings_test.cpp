// Settings that change while requests are judged by them: the last right ones hold.

#include "cli/live_settings.h"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "certs/authority.h"
#include "policies/catalogue.h"
#include "test/unit/api_server.h"
#include "test/unit/fake_api_server.h"
#include "test/unit/temp_folder.h"
#include "webhook/server.h"

using namespace stateward;
using namespace std::chrono_literals;

namespace {

constexpr const char* kObserve =
    "apiVersion: stateward.dev/v1\nkind: Settings\nenforcement: observe\n";
constexpr const char* kPolicy =
    "apiVersion: stateward.dev/v1\nkind: Settings\nenforcement: policy\n";

// What was said, from whatever thread.
class Lines {
 public:
  std::function<void(std::string_view)> taker() {
    return [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
  }
  bool wait_for(std::string_view text) const {
    for (int tries = 0; tries < 1000; ++tries) {
      {
        const std::lock_guard lock(mutex_);
        for (const std::string& line : lines_) {
          if (line.find(text) != std::string::npos) return true;
        }
      }
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// A webhook on a free port that judges by these settings.
class Served {
 public:
  explicit Served(std::function<std::shared_ptr<const Settings>()> settings)
      : routes_({.version = "1",
                 .policies = policies::all_policies(),
                 .settings = std::move(settings),
                 .certificate_expires = [this] { return identity_.expires(); },
                 .now = now}),
        server_(
            Server::start({.admission = {"127.0.0.1"}, .front = {.threads = 2}}, identity_, routes_)
                .value()) {
    const std::vector<std::string> names = {"127.0.0.1"};
    REQUIRE(identity_.replace(issue(make_authority(now()).value(), names, now()).value()));
  }
  std::unique_ptr<httplib::SSLClient> client() const {
    auto client = std::make_unique<httplib::SSLClient>("127.0.0.1", server_->admission().port);
    client->enable_server_certificate_verification(false);
    client->set_tcp_nodelay(true);
    client->set_keep_alive(true);
    return client;
  }

 private:
  static std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }

  ServingIdentity identity_;
  Routes routes_;
  std::unique_ptr<Server> server_;
};

// Of a set whose replicas share a claim.
std::string sharing_review() {
  nlohmann::json sent = stateful_set_review();
  nlohmann::json& spec = sent["request"]["object"]["spec"];
  spec["serviceName"] = "db";
  spec["template"]["spec"]["volumes"] = {
      {{"name", "v"}, {"persistentVolumeClaim", {{"claimName", "one"}}}}};
  return sent.dump();
}

std::string config_map(std::string_view key) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"stateward-settings"},"data":{")" +
         std::string(key) +
         R"(":"apiVersion: stateward.dev/v1\nkind: Settings\nenforcement: observe\n"}})";
}

}  // namespace

TEST_SUITE("live settings") {
  TEST_CASE(
      "a file that is read again while others look at it never leaves them without settings") {
    const TempFolder folder;
    const std::string file = folder.write("stateward.yaml", kPolicy);
    Lines said;
    const auto live = LiveSettings::start({.file = file}, said.taker());
    REQUIRE(live);
    std::atomic<bool> stop = false;
    std::atomic<std::size_t> without = 0;
    std::thread reader([&] {
      while (!stop) {
        without += (*live)->now() == nullptr ? 1U : 0U;
        without += (*live)->check().passed ? 0U : 1U;
      }
    });
    const char* const texts[] = {kObserve, "policies: [", kPolicy};
    for (int round = 0; round < 60; ++round) {
      folder.write("stateward.yaml", texts[round % 3]);
      (*live)->reread();
    }
    stop = true;
    reader.join();
    CHECK(without == 0);
    CHECK((*live)->now()->content().enforcement == Enforcement::policy);
  }

  TEST_CASE("what became of newer settings is counted and told, and the last right ones hold") {
    const TempFolder folder;
    const std::string file = folder.write("stateward.yaml", kObserve);
    Lines said;
    Lines complained;
    const auto live = LiveSettings::start({.file = file}, said.taker(), complained.taker());
    REQUIRE(live);
    const auto told = [&](std::uint64_t used, std::uint64_t refused, bool good) {
      (*live)->reread();
      (*live)->reread();  // what stays as it is counts once
      const auto reloads = (*live)->reloads();
      CHECK(reloads.used == used);
      CHECK(reloads.refused == refused);
      CHECK(reloads.good == good);
      CHECK(((*live)->check().note.find("newer ones are wrong and not used") ==
             std::string::npos) == good);
      CHECK((*live)->now()->content().enforcement == Enforcement::observe);
    };
    told(1, 0, true);
    folder.write("stateward.yaml", "policies: [");
    told(1, 1, false);
    std::filesystem::remove(file);
    told(1, 2, false);
    CHECK(complained.wait_for("stateward.yaml: No such file"));
    folder.write("stateward.yaml", kObserve);
    told(2, 2, true);
    CHECK(said.wait_for("hold"));
  }

  TEST_CASE("settings that change, and break, under requests lose none of them") {
    const TempFolder folder;
    const std::string file = folder.write("stateward.yaml", kPolicy);
    Lines said;
    const auto live = LiveSettings::start({.file = file}, said.taker());
    REQUIRE(live);
    const Served served([&live] { return (*live)->now(); });
    const std::string body = sharing_review();
    std::atomic<bool> stop = false;
    std::atomic<std::size_t> denied = 0;
    std::atomic<std::size_t> allowed = 0;
    std::atomic<std::size_t> lost = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&] {
        const auto client = served.client();
        while (!stop) {
          const auto reply = client->Post("/validate", body, "application/json");
          if (!reply || reply->status != 200) {
            ++lost;
          } else {
            const bool allows = reply->body.find("\"allowed\":true") != std::string::npos;
            ++(allows ? allowed : denied);
          }
        }
      });
    }
    const char* const texts[] = {kObserve, "policies: [", kPolicy, "x: y\n"};
    for (int round = 0; round < 100; ++round) {
      folder.write("stateward.yaml", texts[round % 4]);
      (*live)->reread();
      const std::size_t before = denied + allowed;
      while (denied + allowed < before + 8) std::this_thread::sleep_for(1ms);
    }
    stop = true;
    for (std::thread& client : clients) client.join();
    CHECK(lost == 0);
    CHECK(denied > 0);
    CHECK(allowed > 0);
    CHECK((*live)->reloads().refused == 50);
  }

  TEST_CASE("the settings of a cluster are asked for in a thread of their own") {
    FakeApiServer server([](const FakeRequest& request, FakeReply& reply) {
      CHECK(request.path() == "/api/v1/namespaces/stateward-system/configmaps/stateward-settings");
      reply.json(200, config_map("stateward.yaml"));
    });
    Lines said;
    const auto live = LiveSettings::start(
        {.cluster = source_of(server.access()), .name_space = "stateward-system"}, said.taker());
    REQUIRE(live);
    CHECK(said.wait_for("settings of stateward-settings hold"));
    REQUIRE((*live)->now() != nullptr);
    CHECK((*live)->now()->content().enforcement == Enforcement::observe);
  }

  TEST_CASE("a ConfigMap without the key is said, and the defaults hold") {
    FakeApiServer server(
        [](const FakeRequest&, FakeReply& reply) { reply.json(200, config_map("other.yaml")); });
    Lines said;
    const auto live = LiveSettings::start(
        {.cluster = source_of(server.access()), .name_space = "stateward-system"}, said.taker());
    REQUIRE(live);
    CHECK(said.wait_for("it has no key stateward.yaml"));
    CHECK((*live)->now() == nullptr);
  }
}
