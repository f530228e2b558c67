// Credentials that are replaced while we run: by files, by plugins, and after a refusal.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "cluster/api_client.h"
#include "cluster/credentials.h"
#include "engine/timestamp.h"
#include "test/unit/fake_api_server.h"
#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr Resource kPods{"", "v1", "pods"};

// A clock that stands still until a test moves it.
struct Time {
  std::chrono::sys_seconds now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
  Clock clock() {
    return [this] { return now; };
  }
};

// A plugin: a shell script that counts how often it runs.
struct Script {
  TempFolder folder;
  CredentialPlugin plugin;

  explicit Script(const std::string& body) {
    const fs::path file =
        folder.write("plugin.sh", "#!/bin/sh\necho run >> " + log() + "\n" + body + "\n");
    fs::permissions(file, fs::perms::owner_all);
    plugin = {.command = file.string(), .api_version = "client.authentication.k8s.io/v1"};
  }
  std::string log() const { return (folder.path() / "log").string(); }
  std::size_t runs() const {
    const auto text = read_small_file(log());
    return text ? text->size() / 4 : 0;
  }
};

std::string credential(const std::string& status) {
  return fmt::format(R"({{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",)"
                     R"("status":{{{}}}}})",
                     status);
}

std::string printing(const std::string& text) { return "cat <<'END'\n" + text + "\nEND"; }

}  // namespace

TEST_CASE("a token that is replaced on disk is used within a minute, and not read before") {
  const TempFolder folder;
  Time time;
  CredentialSource source({.token = {.file = folder.write("token", "first\n")}}, time.clock());
  CHECK(source.current()->token == "first");
  folder.write("token", "second\n");
  time.now += 59s;
  CHECK(source.current()->token == "first");
  time.now += 1s;
  CHECK(source.current()->token == "second");
  // What cannot be read, or is just being written, leaves what we had.
  folder.write("token", " \n");
  time.now += 60s;
  CHECK(source.current()->token == "second");
  fs::remove(folder.path() / "token");
  time.now += 60s;
  CHECK(source.current()->token == "second");
  folder.write("token", "third");
  time.now += 60s;
  CHECK(source.current()->token == "third");
}

TEST_CASE("what cannot be read at first is an error, and is looked at again each time") {
  const TempFolder folder;
  Time time;
  const fs::path file = folder.path() / "ca.crt";
  CredentialSource source({.ca = {.file = file}}, time.clock());
  CHECK(source.current().error().message == file.string() + ": No such file or directory");
  // An empty authority would be that of the system.
  folder.write("ca.crt", "\n");
  CHECK(source.current().error().message == file.string() + ": is empty");
  folder.write("ca.crt", "the authority");
  CHECK(source.current()->ca == "the authority");
}

TEST_CASE("after a refusal credentials are looked at again at the next call") {
  const TempFolder folder;
  Time time;
  CredentialSource source({.token = {.file = folder.write("token", "first")}}, time.clock());
  CHECK(source.current()->token == "first");
  folder.write("token", "second");
  source.refused();
  CHECK(source.current()->token == "second");
  folder.write("token", "third");
  CHECK(source.current()->token == "second");
}

TEST_CASE("a rotated token and a new authority are used by a client that goes on, as time passes") {
  const TempFolder folder;
  Time time;
  auto server = std::make_unique<FakeApiServer>(
      [](const FakeRequest&, FakeReply& reply) { reply.json(200, "{}"); });
  Access access = server->access();
  access.ca = {.file = folder.write("ca.crt", access.ca.text)};
  access.token.file = folder.write("token", "first");
  ApiClient client(std::make_shared<CredentialSource>(access, time.clock()));
  CHECK(client.get(kPods, "a", "b").has_value());
  folder.write("token", "second");
  CHECK(client.get(kPods, "a", "b").has_value());
  CHECK(server->connections() == 1);
  time.now += 69s;
  CHECK(client.get(kPods, "a", "b").has_value());
  CHECK(server->requests().back().header("Authorization") == "Bearer second");
  CHECK(server->connections() == 2);
  // Another authority: a server of the old one is not trusted any more, though connected to.
  folder.write("ca.crt", make_authority(real_now()).value().certificate);
  time.now += 69s;
  const auto refused = client.create(kPods, "a", "{}");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.ends_with("unable to get local issuer certificate"));
  CHECK(server->requests().size() == 3);
  folder.write("ca.crt", server->authority().certificate);
  time.now += 69s;
  CHECK(client.create(kPods, "a", "{}").has_value());
}

TEST_CASE("a certificate and a key that do not fit together yet are read again at once") {
  const TempFolder folder;
  Time time;
  const FakeApiServer server([](const FakeRequest&, FakeReply& reply) { reply.json(200, "{}"); });
  const std::vector<std::string> names = {"client"};
  const Identity before = issue(server.authority(), names, real_now()).value();
  const Identity after = issue(server.authority(), names, real_now()).value();
  Access access = server.access();
  access.client_chain.file = folder.write("crt", after.chain);
  access.client_key.file = folder.write("key", before.key);
  ApiClient client(std::make_shared<CredentialSource>(access, time.clock()));
  CHECK_FALSE(client.create(kPods, "a", "{}"));
  folder.write("key", after.key);
  CHECK(client.create(kPods, "a", "{}").has_value());
}

TEST_CASE("a plugin is asked once, and again shortly before what it gave expires") {
  Time time;
  const std::string until = to_timestamp((time.now + 1h).time_since_epoch().count());
  const Script script(
      printing(credential(R"("token":"abc","expirationTimestamp":")" + until + "\"")));
  CredentialSource source({.plugin = script.plugin}, time.clock());
  CHECK(source.current()->token == "abc");
  time.now += 1h - 11s;
  CHECK(source.current()->token == "abc");
  CHECK(script.runs() == 1);
  time.now += 1s;
  CHECK(source.current()->token == "abc");
  CHECK(script.runs() == 2);
  source.refused();
  CHECK(source.current()->token == "abc");
  CHECK(script.runs() == 3);
}

TEST_CASE("what a plugin gives without an end is kept, while files beside it are looked at") {
  Time time;
  const Script script(
      printing(credential(R"("clientCertificateData":"chain","clientKeyData":"key")")));
  const fs::path ca = script.folder.write("ca", "first");
  CredentialSource source({.ca = {.file = ca}, .token = {.text = "own"}, .plugin = script.plugin},
                          time.clock());
  CHECK(source.current()->client_chain == "chain");
  CHECK(source.current()->client_key == "key");
  CHECK(source.current()->token == "own");
  script.folder.write("ca", "second");
  time.now += 61s;
  CHECK(source.current()->ca == "second");
  CHECK(source.current()->client_chain == "chain");
  time.now += 24h;
  CHECK(source.current()->ca == "second");
  CHECK(script.runs() == 1);
}

TEST_CASE("a plugin that fails is an error at first, and leaves what it gave before later") {
  Time time;
  const Script script("[ -e \"$(dirname \"$0\")/broken\" ] && exit 3\n" +
                      printing(credential(R"("token":"abc")")));
  script.folder.write("broken");
  CredentialSource source({.plugin = script.plugin}, time.clock());
  CHECK(source.current().error().message ==
        "credential plugin " + script.plugin.command + ": failed");
  fs::remove(script.folder.path() / "broken");
  CHECK(source.current()->token == "abc");
  script.folder.write("broken");
  source.refused();
  CHECK(source.current()->token == "abc");
  CHECK(script.runs() == 3);
  // Not asked again and again while it fails.
  CHECK(source.current()->token == "abc");
  CHECK(script.runs() == 3);
}

TEST_CASE("what a plugin prints must be a credential") {
  for (const std::string& text :
       {std::string(""), std::string("hello"), std::string("{}"),
        std::string(R"({"kind":"Other","status":{"token":"a"}})"), credential(""),
        std::string(R"({"kind":"ExecCredential","status":null})")}) {
    CAPTURE(text);
    const Script script(printing(text));
    Time time;
    CredentialSource source({.plugin = script.plugin}, time.clock());
    REQUIRE_FALSE(source.current().has_value());
    CHECK(source.current().error().message.find(script.plugin.command) != std::string::npos);
  }
  const Script endless("yes 'too much of it' 2>/dev/null");
  CHECK(run_plugin(endless.plugin).error().message.ends_with("gave no whole answer"));
}

TEST_CASE("a plugin that is not there is an error with the hint how to get it") {
  const auto message = [](const std::string& command) {
    return run_plugin({.command = command, .install_hint = "see example.com"}).error().message;
  };
  CHECK(message("/not/there") ==
        "credential plugin /not/there: No such file or directory; see example.com");
  CHECK(message("stateward-no-such-plugin") ==
        "credential plugin stateward-no-such-plugin: No such file or directory; see example.com");
}

TEST_CASE("a plugin gets its arguments as they are, its own environment first, and no input") {
  ::setenv("STATEWARD_TEST_A", "ours", 1);
  ::setenv("STATEWARD_TEST_B", "ours", 1);
  ::setenv("KUBERNETES_EXEC_INFO", "stale", 1);
  Script script(
      "printf '%s|' \"$@\" \"$STATEWARD_TEST_A\" \"$STATEWARD_TEST_B\" \"$(cat)\"\n"
      "echo \"$KUBERNETES_EXEC_INFO\"");
  script.plugin.arguments = {"a b", "$HOME", "'\"", ""};
  script.plugin.environment = {{"STATEWARD_TEST_A", "theirs"}};
  const std::string printed = run_plugin(script.plugin).value();
  ::unsetenv("STATEWARD_TEST_A");
  ::unsetenv("STATEWARD_TEST_B");
  ::unsetenv("KUBERNETES_EXEC_INFO");
  const std::string begin = "a b|$HOME|'\"||theirs|ours||";
  CHECK(printed.substr(0, begin.size()) == begin);
  const auto info = nlohmann::json::parse(printed.substr(begin.size()));
  CHECK(info["kind"] == "ExecCredential");
  CHECK(info["apiVersion"] == "client.authentication.k8s.io/v1");
  CHECK(info["spec"]["interactive"] == false);
}
