// The authority, its Secret and the bundles, kept by several at once against one fake API server.

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

#include "certs/describe.h"
#include "certs/verify.h"
#include "cluster/authority_keeper.h"
#include "cluster/controller.h"
#include "cluster/installation.h"
#include "cluster/serving_certificate.h"
#include "engine/base64.h"
#include "test/unit/fake_cluster.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
const std::string kSpace = "stateward-system";
const std::string kSecret = "/api/v1/namespaces/stateward-system/secrets/stateward-authority";
const std::string kRegistered = "/apis/admissionregistration.k8s.io/v1/";
const std::string kMutating = kRegistered + "mutatingwebhookconfigurations/stateward-mutating";
const std::string kValidating =
    kRegistered + "validatingwebhookconfigurations/stateward-validating";
const Strings kNames = webhook_names(kSpace);

Json configuration(const Strings& webhooks) {
  Json all = Json::array();
  for (const std::string& name : webhooks) {
    all.push_back({{"name", name},
                   {"failurePolicy", "Ignore"},
                   {"namespaceSelector", {{"matchLabels", {{"mine", name}}}}},
                   {"clientConfig", {{"service", {{"name", "stateward-webhook"}}}}}});
  }
  return {{"metadata", {{"name", "x"}}}, {"webhooks", all}};
}

struct Installed {
  Installed() {
    cluster.put(kSecret, {{"metadata", {{"name", "stateward-authority"}}}});
    cluster.put(kMutating, configuration({"mutate.stateward.dev"}));
    cluster.put(kValidating, configuration({"validate.stateward.dev", "guard.stateward.dev"}));
  }
  AuthorityKeeper keeper(ApiClient& with) {
    return {with, kSpace, {.names = kNames}, [this](std::string_view line) {
              const std::lock_guard lock(mutex);
              said.emplace_back(line);
            }};
  }
  Strings bundles() const {
    Strings all;
    for (const std::string& path : {kMutating, kValidating}) {
      const Json found = cluster.get(path);
      if (found.is_null()) continue;
      for (const Json& webhook : found["webhooks"])
        all.push_back(
            from_base64(webhook["clientConfig"].value("caBundle", std::string())).value());
    }
    return all;
  }
  std::string stored(const std::string& key) const {
    const Json data = cluster.get(kSecret).value("data", Json::object());
    return from_base64(data.value(key, std::string())).value();
  }

  FakeCluster cluster;
  ApiClient client{cluster.source()};
  std::mutex mutex;
  Strings said;
};

}  // namespace

TEST_CASE("an empty Secret gets an authority, every webhook its bundle, and then all is at rest") {
  Installed here;
  AuthorityKeeper keeper = here.keeper(here.client);
  const auto next = keeper.step(kNow);
  REQUIRE(next.has_value());
  CHECK(*next > kNow);
  CHECK(here.cluster.writes() ==
        Strings{"PATCH " + kSecret, "PATCH " + kMutating, "PATCH " + kValidating});
  const std::string authority = here.stored("ca.crt");
  CHECK(describe(authority).value().front().permitted_names == kNames);
  CHECK(here.bundles() == Strings{authority, authority, authority});
  CHECK(here.stored("ca.key").find("PRIVATE KEY") != std::string::npos);
  CHECK(keeper.step(kNow + 10s).has_value());
  CHECK(here.keeper(here.client).step(kNow + 20s).has_value());
  CHECK(here.cluster.writes().empty());
  // What is said names no key.
  for (const std::string& line : here.said) CHECK(line.find("PRIVATE") == std::string::npos);
}

TEST_CASE("only the bundle is written, and what others have changed stays theirs") {
  Installed here;
  const Json before = here.cluster.get(kValidating);
  AuthorityKeeper keeper = here.keeper(here.client);
  CHECK(keeper.step(kNow).has_value());
  Json after = here.cluster.get(kValidating);
  for (Json& webhook : after["webhooks"]) webhook["clientConfig"].erase("caBundle");
  CHECK(after["webhooks"] == before["webhooks"]);
  for (const FakeRequest& request : here.cluster.write_requests()) {
    if (request.path() == kSecret) continue;
    CHECK(request.header("Content-Type") == "application/strategic-merge-patch+json");
    const Json patch = Json::parse(request.body);
    CHECK(patch.size() == 2);
    CHECK(patch["metadata"].size() == 1);
    for (const Json& webhook : patch["webhooks"]) {
      CHECK(webhook.size() == 2);
      CHECK(webhook["clientConfig"].size() == 1);
    }
  }
  // Somebody breaks one bundle and edits a selector: one configuration is written, the edit stays.
  Json edited = here.cluster.get(kValidating);
  edited["webhooks"][1]["clientConfig"]["caBundle"] = base64("rubbish");
  edited["webhooks"][1]["namespaceSelector"] = {{"matchLabels", {{"edited", "yes"}}}};
  here.cluster.put(kValidating, edited);
  here.cluster.writes();
  CHECK(keeper.step(kNow).has_value());
  CHECK(here.cluster.writes() == Strings{"PATCH " + kValidating});
  CHECK(here.bundles()[2] == here.stored("ca.crt"));
  CHECK(here.cluster.get(kValidating)["webhooks"][1]["namespaceSelector"] ==
        edited["webhooks"][1]["namespaceSelector"]);
}

TEST_CASE("an edit between our look and our write is a conflict, after which both are there") {
  Installed here;
  bool once = true;
  here.cluster.before([&](const FakeRequest& request, FakeReply&) {
    if (request.method == "PATCH" && request.path() == kMutating && std::exchange(once, false)) {
      Json edited = here.cluster.get(kMutating);
      edited["webhooks"][0]["failurePolicy"] = "Fail";
      here.cluster.put(kMutating, edited);
    }
    return false;
  });
  AuthorityKeeper keeper = here.keeper(here.client);
  CHECK(keeper.step(kNow).has_value());
  CHECK(here.cluster.get(kMutating)["webhooks"][0]["failurePolicy"] == "Fail");
  CHECK(here.bundles()[0] == here.stored("ca.crt"));
}

TEST_CASE("a configuration that was deleted stays deleted") {
  Installed here;
  AuthorityKeeper keeper = here.keeper(here.client);
  here.cluster.erase(kMutating);
  CHECK(keeper.step(kNow).has_value());
  CHECK(here.cluster.get(kMutating).is_null());
  CHECK(here.bundles().size() == 2);
  here.cluster.erase(kValidating);
  CHECK(keeper.step(kNow + 1h).has_value());
  CHECK(here.cluster.get(kValidating).is_null());
  for (const std::string& write : here.cluster.writes()) CHECK(write.starts_with("PATCH "));
}

TEST_CASE("two keepers that find an empty Secret make one authority between them") {
  for (int round = 0; round < 5; ++round) {
    Installed here;
    std::set<std::string> authorities;
    std::mutex mutex;
    std::atomic<int> ready = 0;
    // Both have read before either writes.
    here.cluster.before([&](const FakeRequest& request, FakeReply&) {
      if (request.method == "PATCH" && request.path() == kSecret && ready < 2) {
        ++ready;
        while (ready < 2) std::this_thread::yield();
      }
      return false;
    });
    const auto keep = [&] {
      ApiClient client(here.cluster.source());
      AuthorityKeeper keeper = here.keeper(client);
      CHECK(keeper.step(kNow).has_value());
      const std::lock_guard lock(mutex);
      authorities.insert(here.stored("ca.crt"));
    };
    std::thread other(keep);
    keep();
    other.join();
    CHECK(authorities.size() == 1);
    CHECK(here.bundles() == Strings(3, here.stored("ca.crt")));
    int stored = 0;
    for (const std::string& write : here.cluster.writes()) stored += write == "PATCH " + kSecret;
    CHECK(stored == 2);  // one of them a conflict
  }
}

TEST_CASE("the keeper tells what the API server refuses, and goes on where it left off") {
  Installed here;
  std::string refused = kSecret;
  here.cluster.before([&](const FakeRequest& request, FakeReply& reply) {
    if (request.method != "PATCH" || request.path() != refused) return false;
    reply.status(403, "Forbidden");
    return true;
  });
  AuthorityKeeper keeper = here.keeper(here.client);
  CHECK(keeper.step(kNow).error().forbidden());
  CHECK(here.stored("ca.crt").empty());
  refused = kValidating;
  CHECK(keeper.step(kNow).error().forbidden());
  CHECK(here.bundles()[0] == here.stored("ca.crt"));
  CHECK(here.bundles()[1].empty());
  refused = {};
  CHECK(keeper.step(kNow).has_value());
  CHECK(here.bundles() == Strings(3, here.stored("ca.crt")));
  here.cluster.erase(kSecret);
  CHECK(keeper.step(kNow).error().not_found());
}

TEST_CASE("a rotation goes through all its phases, and at no time is a leaf not verified") {
  Installed here;
  AuthorityKeeper keeper = here.keeper(here.client);
  std::optional<Identity> leaf;
  ServingCertificate serving(
      here.client, kSpace, kNames, 0.0, [&](const Identity& one) { leaf = one; },
      [](std::string_view) {});
  std::set<std::string> signers;
  for (auto now = kNow; now < kNow + 24h * 400; now += 48h) {
    for (int i = 0; i < 2; ++i) {
      REQUIRE(keeper.step(now).has_value());
      serving.step(now);
    }
    REQUIRE(leaf.has_value());
    for (const std::string& bundle : here.bundles())
      REQUIRE(bundle_verifies(bundle, leaf->chain, kNames.front(), now).has_value());
    signers.insert(here.stored("ca.crt"));
  }
  CHECK(signers.size() == 2);
}

TEST_CASE("a serving certificate is minted, told of once, and accepted when the bundles hold it") {
  Installed here;
  Strings said;
  int used = 0;
  ServingCertificate serving(
      here.client, kSpace, kNames, 0.0, [&](const Identity&) { ++used; },
      [&](std::string_view line) { said.emplace_back(line); });
  here.cluster.erase(kSecret);
  serving.step(kNow);
  serving.step(kNow);
  CHECK(said.size() == 1);
  CHECK(said.back().starts_with("reading Secret stateward-authority: "));
  here.cluster.put(kSecret, {{"metadata", {{"name", "stateward-authority"}}}});
  serving.step(kNow);
  CHECK(said.back() == "the authority: there is no authority yet");
  CHECK_FALSE(serving.accepted());
  CHECK(used == 0);
  // The authority is there, and the configurations do not know of it.
  const AuthoritySecret secret = [&] {
    const Authority made = make_authority(kNow, kNames).value();
    return AuthoritySecret{.ca_crt = made.certificate, .ca_key = made.key};
  }();
  const auto stored = read_authority(here.client, kSpace).value();
  CHECK(write_authority(here.client, kSpace, secret, "1").error().conflict());
  CHECK(write_authority(here.client, kSpace, secret, stored.version).has_value());
  serving.step(kNow);
  CHECK(used == 1);
  CHECK_FALSE(serving.accepted());
  CHECK(said.back() == "stateward-mutating does not hold our caBundle yet");
  AuthorityKeeper keeper = here.keeper(here.client);
  CHECK(keeper.step(kNow).has_value());
  serving.step(kNow + 10s);
  CHECK(serving.accepted());
  CHECK(used == 1);
  // Broken later by others it stays so, and the leaf is kept while the Secret is gone.
  here.cluster.erase(kSecret);
  here.cluster.put(kMutating, configuration({"mutate.stateward.dev"}));
  serving.step(kNow + 5 * 24h);
  CHECK(serving.accepted());
  CHECK(used == 1);
}

TEST_CASE(
    "what is empty in an authority is taken out of its Secret, and what cannot be read is empty") {
  Installed here;
  Json secret = here.cluster.get(kSecret);
  secret["data"] = {{"ca.crt", base64("a")},
                    {"ca-next.crt", base64("b")},
                    {"ca.key", "%%%"},
                    {"theirs", base64("c")}};
  here.cluster.put(kSecret, secret);
  const StoredAuthority stored = read_authority(here.client, kSpace).value();
  CHECK(stored.secret == AuthoritySecret{.ca_crt = "a", .next_crt = "b"});
  CHECK(write_authority(here.client, kSpace, {.ca_crt = "x"}, stored.version).has_value());
  CHECK(here.cluster.get(kSecret)["data"] ==
        Json{{"ca.crt", base64("x")}, {"theirs", base64("c")}});
}

TEST_CASE(
    "the controller that leads knows whether every configuration holds the bundle it should") {
  Installed here;
  std::atomic<bool> forbidden = true;
  here.cluster.before([&](const FakeRequest& request, FakeReply& reply) {
    const bool refused = forbidden && request.path() == kMutating && request.method != "GET";
    if (refused) reply.status(403, "Forbidden");
    return refused;
  });
  REQUIRE(read_configurations(here.client).value().size() == 2);
  const auto becomes = [&](bool in_sync) {
    const Controller controller(
        here.cluster.source(), {.name_space = kSpace, .holder = "us"}, [] { return kNow; },
        [](std::string_view) {});
    for (int tries = 0; tries < 3000; ++tries) {
      const auto authority = controller.authority();
      if (authority && authority->in_sync == in_sync)
        return authority->expires == kNow + kAuthorityLife && controller.leads();
      std::this_thread::sleep_for(10ms);
    }
    return false;
  };
  CHECK(becomes(false));
  forbidden = false;
  CHECK(becomes(true));
}
