// What a kubeconfig and a Pod's mount say, as kubectl would understand them.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <optional>

#include "cluster/access.h"
#include "engine/base64.h"
#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

// An environment variable, set or (nullopt) not, as long as a test needs it so.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = ::getenv(name)) before_ = before;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_); }
  void set(const std::optional<std::string>& value) const {
    value ? ::setenv(name_, value->c_str(), 1) : ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

std::string kubeconfig(const std::string& cluster, const std::string& user = "{}",
                       const std::string& context = "") {
  return fmt::format(
      "apiVersion: v1\nkind: Config\ncurrent-context: main\n"
      "clusters: [{{name: c, cluster: {}}}]\nusers: [{{name: u, user: {}}}]\n"
      "contexts: [{{name: main, context: {{cluster: c, user: u{}}}}}]\n",
      cluster, user, context);
}

struct Config {
  TempFolder folder;
  Result<Access> operator()(const std::string& text, const std::string& context = "") const {
    return access_from_kubeconfig(folder.write("config", text).string(), context);
  }
};

}  // namespace

TEST_CASE("a kubeconfig's servers are https or http, with ports, paths and IPv6 addresses") {
  const Config read;
  struct Case {
    const char* url;
    bool tls;
    const char* host;
    int port;
    const char* path;
  };
  for (const Case& one : {Case{"https://10.0.0.1:6443", true, "10.0.0.1", 6443, ""},
                          {"https://api.example.com", true, "api.example.com", 443, ""},
                          {"https://api.example.com/", true, "api.example.com", 443, ""},
                          {"http://localhost:8080", false, "localhost", 8080, ""},
                          {"http://localhost", false, "localhost", 80, ""},
                          {"https://[::1]:6443", true, "::1", 6443, ""},
                          {"https://[fd00::1]", true, "fd00::1", 443, ""},
                          {"https://r.example.com/k8s/clusters/c-1/", true, "r.example.com", 443,
                           "/k8s/clusters/c-1"},
                          {"https://[::1]:1/a", true, "::1", 1, "/a"}}) {
    CAPTURE(std::string(one.url));
    const auto access = read(kubeconfig(fmt::format("{{server: \"{}\"}}", one.url)));
    REQUIRE(access.has_value());
    CHECK(access->tls == one.tls);
    CHECK(access->host == one.host);
    CHECK(access->port == one.port);
    CHECK(access->base_path == one.path);
    CHECK(access->verify);
  }
  for (const char* url :
       {"", "api.example.com", "ftp://x", "https://", "https:///a", "https://x:", "https://x:y",
        "https://x:70000", "https://x:-1", "https://:6443", "https://x:1x"}) {
    CAPTURE(std::string(url));
    const auto access = read(kubeconfig(fmt::format("{{server: \"{}\"}}", url)));
    REQUIRE_FALSE(access.has_value());
    CHECK(access.error().message ==
          fmt::format("{}: \"{}\" is no server, like https://10.0.0.1:6443",
                      (read.folder.path() / "config").string(), url));
  }
}

TEST_CASE("what a cluster and a user have is read from data or from files beside the kubeconfig") {
  const Config read;
  const std::string cluster = fmt::format(
      "{{server: https://x, certificate-authority-data: {}, certificate-authority: ca, "
      "tls-server-name: api, insecure-skip-tls-verify: true}}",
      base64("the authority"));
  const auto access = read(kubeconfig(cluster,
                                      "{client-certificate: certs/me.crt, client-key: /abs/me.key, "
                                      "tokenFile: ../token}",
                                      ", namespace: prod"))
                          .value();
  CHECK(access.ca.text == "the authority");
  CHECK(access.ca.given());
  CHECK(access.server_name == "api");
  CHECK_FALSE(access.verify);
  CHECK(access.client_chain.file == read.folder.path() / "certs/me.crt");
  CHECK(access.client_key.file == "/abs/me.key");
  CHECK(access.token.file == read.folder.path() / "../token");
  CHECK(access.name_space == "prod");
  CHECK_FALSE(access.plugin.has_value());

  const auto bare = read(kubeconfig("{server: https://x}", "{token: abc}")).value();
  CHECK_FALSE(bare.ca.given());
  CHECK_FALSE(bare.client_chain.given());
  CHECK(bare.token.text == "abc");
  CHECK(bare.name_space == "default");
  // Of both the file counts, as in client-go.
  const auto both = read(kubeconfig("{server: https://x}", "{token: abc, tokenFile: t}")).value();
  CHECK(both.token.text.empty());
  CHECK(both.token.file == read.folder.path() / "t");
}

TEST_CASE("JSON as kubectl config view prints it is a kubeconfig as well") {
  const Config read;
  const auto access =
      read(R"({"kind":"Config","current-context":"a","clusters":[{"name":"c","cluster":{"server":)"
           R"("https://x:1"}}],"contexts":[{"name":"a","context":{"cluster":"c","user":""}}],)"
           R"("users":null})");
  REQUIRE(access.has_value());
  CHECK(access->port == 1);
}

TEST_CASE("data that is no base64 is an error and never stands for the system's authorities") {
  const Config read;
  for (const char* data : {"\"%%%\"", "abc", "\"=\"", "\"\\n\""}) {
    CAPTURE(std::string(data));
    const auto access = read(
        kubeconfig(fmt::format("{{server: https://x, certificate-authority-data: {}}}", data)));
    REQUIRE_FALSE(access.has_value());
    CHECK(access.error().message.ends_with(": certificate-authority-data is no base64"));
  }
  CHECK(read(kubeconfig("{server: https://x}", "{client-key-data: \"?\"}"))
            .error()
            .message.ends_with("client-key-data is no base64"));
  CHECK_FALSE(read(kubeconfig("{server: https://x}", "{client-certificate-data: \"?\"}")));
}

TEST_CASE("a kubeconfig that lacks something is an error that names the file and what is missing") {
  const Config read;
  const std::string file = (read.folder.path() / "config").string();
  const std::string good = kubeconfig("{server: https://x}");
  const auto message = [&](const std::string& text, const std::string& context = "") {
    const auto access = read(text, context);
    return access ? "none" : access.error().message;
  };
  CHECK(message(good, "other") == file + ": there is no context \"other\"");
  CHECK(message("kind: Config\n") == file + ": has no current-context; choose one with --context");
  CHECK(message("current-context: a\ncontexts: [{name: a, context: {cluster: b}}]\n") ==
        file + ": context \"a\" names cluster \"b\", which is not there");
  CHECK(message("current-context: a\nclusters: [{name: b, cluster: {server: https://x}}]\n"
                "contexts: [{name: a, context: {cluster: b, user: u}}]\n") ==
        file + ": context \"a\" names user \"u\", which is not there");
  CHECK(message("- a\n- b\n") ==
        file +
            ": is no kubeconfig: it holds no map; name a kubeconfig with --kubeconfig or "
            "KUBECONFIG");
  CHECK(message("a: [\n").starts_with(file + ": is no kubeconfig: line "));
  const auto refused = [&](const std::string& user) {
    return message(kubeconfig("{server: https://x}", user));
  };
  CHECK(refused("{username: a, password: b}") ==
        file + ": user \"u\": basic authentication is no longer supported by Kubernetes");
  CHECK(refused("{auth-provider: {name: gcp}}").find("exec plugin") != std::string::npos);
  // Without a word we would act as somebody else, or go another way, than was asked for.
  CHECK(refused("{token: a, as: viewer}").find("impersonation") != std::string::npos);
  CHECK(message(kubeconfig("{server: https://x, proxy-url: socks5://y}")).find("proxy-url") !=
        std::string::npos);
  const auto missing = access_from_kubeconfig((read.folder.path() / "nowhere").string(), "");
  CHECK(missing.error().message ==
        (read.folder.path() / "nowhere").string() +
            ": No such file or directory; name a kubeconfig with --kubeconfig or KUBECONFIG");
  CHECK_FALSE(access_from_kubeconfig(read.folder.path().string(), "").has_value());
}

TEST_CASE("KUBECONFIG names several files, and of each name the first entry counts") {
  const TempFolder folder;
  const auto first = folder.write("1/config",
                                  "current-context: main\n"
                                  "contexts: [{name: main, context: {cluster: c, user: u}}]\n"
                                  "users: [{name: u, user: {tokenFile: token}}]\n");
  const auto second = folder.write("2/config",
                                   "current-context: other\n"
                                   "clusters: [{name: c, cluster: {server: https://second, "
                                   "certificate-authority: ca.crt}}]\n"
                                   "users: [{name: u, user: {token: second}}]\n"
                                   "contexts: [{name: other, context: {cluster: c, user: u}}]\n");
  const Variable variable(
      "KUBECONFIG", fmt::format("{}::{}:{}", (folder.path() / "not-there").string(), first.string(),
                                second.string()));
  const auto access = access_from_kubeconfig("", "").value();
  CHECK(access.host == "second");
  CHECK(access.ca.file == folder.path() / "2/ca.crt");
  CHECK(access.token.file == folder.path() / "1/token");
  CHECK(access.token.text.empty());
  CHECK(access_from_kubeconfig("", "other").has_value());
  // A file that is named outright is the only one.
  CHECK_FALSE(access_from_kubeconfig(first.string(), "").has_value());
  const auto none = access_from_kubeconfig("", "nobody");
  CHECK(none.error().message ==
        fmt::format("{}, {}: there is no context \"nobody\"", first.string(), second.string()));
}

TEST_CASE("without KUBECONFIG, or with an empty one, the file in the home folder is read") {
  const TempFolder home;
  home.write(".kube/config", kubeconfig("{server: https://home}"));
  const Variable where("HOME", home.path().string());
  const Variable variable("KUBECONFIG", std::nullopt);
  CHECK(access_from_kubeconfig("", "").value().host == "home");
  variable.set("");
  CHECK(access_from_kubeconfig("", "").value().host == "home");
  variable.set((home.path() / "nowhere").string());
  CHECK(access_from_kubeconfig("", "").error().message ==
        "there is no kubeconfig; name one with --kubeconfig or KUBECONFIG");
  where.set(std::nullopt);
  variable.set(std::nullopt);
  CHECK_FALSE(access_from_kubeconfig("", "").has_value());
}

TEST_CASE(
    "an exec plugin is read with its arguments, and a path in it counts from the kubeconfig") {
  const Config read;
  const auto plugin = [&](const std::string& command) {
    return read(kubeconfig(
                    "{server: https://x}",
                    "{exec: {apiVersion: client.authentication.k8s.io/v1, command: " + command +
                        ", args: [a, --b=c], env: [{name: X, value: z}], "
                        "installHint: get it}}"))
        .value()
        .plugin.value();
  };
  CHECK(plugin("aws").command == "aws");
  CHECK(plugin("./bin/aws").command == (read.folder.path() / "./bin/aws").string());
  CHECK(plugin("/usr/bin/aws").command == "/usr/bin/aws");
  const CredentialPlugin one = plugin("aws");
  CHECK(one.arguments == std::vector<std::string>{"a", "--b=c"});
  REQUIRE(one.environment.size() == 1);
  CHECK(one.environment.front() == std::pair<std::string, std::string>{"X", "z"});
  CHECK(one.install_hint == "get it");
  CHECK(one.api_version == "client.authentication.k8s.io/v1");
}

TEST_CASE("a Pod finds the API server in its environment and itself in its mount") {
  const TempFolder mount;
  const Variable host("KUBERNETES_SERVICE_HOST", "fd00::1");
  const Variable port("KUBERNETES_SERVICE_PORT", "6443");
  CHECK(access_from_pod(mount.path()).error().message.starts_with("this is no Pod"));
  mount.write("token", "t");
  auto access = access_from_pod(mount.path()).value();
  CHECK(access.host == "fd00::1");
  CHECK(access.port == 6443);
  CHECK(access.tls);
  CHECK(access.verify);
  CHECK(access.ca.file == mount.path() / "ca.crt");
  CHECK(access.token.file == mount.path() / "token");
  CHECK(access.name_space == "default");
  mount.write("namespace", "stateward-system\n");
  CHECK(access_from_pod(mount.path()).value().name_space == "stateward-system");
  port.set("https");
  CHECK(access_from_pod(mount.path()).error().message ==
        "KUBERNETES_SERVICE_PORT is no port: https");
  host.set(std::nullopt);
  CHECK_FALSE(access_from_pod(mount.path()).has_value());
}

TEST_CASE("a file of more than a mebibyte is not read") {
  const TempFolder folder;
  CHECK(read_small_file(folder.write("a", std::string(1 << 20, 'x'))).value().size() == 1 << 20);
  CHECK(read_small_file(folder.write("b", std::string((1 << 20) + 1, 'x'))).error().message ==
        (folder.path() / "b").string() + ": larger than 1 MiB");
  CHECK(read_small_file(folder.write("c", "")).value().empty());
  CHECK_FALSE(read_small_file(folder.path()).has_value());
  CHECK_FALSE(read_small_file("/dev/zero").has_value());
}
