// Releases of Kubernetes: how they are written, and who tells policies which one is meant.

#include "engine/kubernetes_version.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cluster/replica.h"
#include "cluster/server_version.h"
#include "test/unit/fake_api_server.h"

using namespace stateward;
using namespace std::chrono_literals;

namespace {

FakeApiServer server_of(const std::string& git_version) {
  return FakeApiServer(
      [git_version](const FakeRequest& request, FakeReply& reply) {
        if (request.path() != "/version") return reply.status(403, "Forbidden");
        reply.json(200,
                   fmt::format(R"({{"major":"1","minor":"x","gitVersion":"{}"}})", git_version));
      },
      {.tls = false});
}

}  // namespace

TEST_CASE("a release is read as people and providers write it") {
  constexpr KubernetesVersion k34_2{1, 34, 2};
  for (const char* text :
       {"1.34.2", "v1.34.2", "v1.34.2-eks-1a2b3c", "v1.34.2+k3s1", "1.34.2-gke.100"}) {
    CAPTURE(text);
    REQUIRE(parse_kubernetes_version(text));
    CHECK(*parse_kubernetes_version(text) == k34_2);
  }
  for (const char* text : {"1.34", "v1.34", "1.34+", "1.34.0"}) {
    CAPTURE(text);
    REQUIRE(parse_kubernetes_version(text));
    CHECK(*parse_kubernetes_version(text) == KubernetesVersion{1, 34, 0});
  }
}

TEST_CASE("what is no release is refused, and named") {
  for (const char* text : {"", "1", "1.", "v", "latest", "34", "2.0", "1.x", "1.34.", "1.34.2.1",
                           "1.34 ", "1.300", "1.34.99999", "-1.34", "1.34beta"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_kubernetes_version(text));
  }
  CHECK(parse_kubernetes_version("latest").error().message ==
        "\"latest\" is no version of Kubernetes such as 1.34");
}

TEST_CASE("releases are ordered as they came out") {
  CHECK(KubernetesVersion{1, 9} < KubernetesVersion{1, 10});
  CHECK(KubernetesVersion{1, 35, 3} < KubernetesVersion{1, 35, 4});
  CHECK(KubernetesVersion{1, 35, 9} < KubernetesVersion{1, 36});
}

TEST_CASE("an API server says which release it is") {
  const auto asked = [](const std::string& git_version) {
    const FakeApiServer server = server_of(git_version);
    ApiClient client(source_of(server.access()));
    return server_version(client);
  };
  const auto version = asked("v1.34.2-eks-1a2b3c");
  REQUIRE(version);
  CHECK(*version == KubernetesVersion{1, 34, 2});
  CHECK(asked("dev").error().message ==
        "/version: \"dev\" is no version of Kubernetes such as 1.34");
}

TEST_CASE("a replica judges for the latest release until the API server has said its own") {
  const auto learned = [](const std::string& git_version) {
    const FakeApiServer server = server_of(git_version);
    const Replica replica(
        source_of(server.access()), {.name_space = "own", .certificate = false}, real_now,
        [](const Identity&) {}, [](std::string_view) {});
    for (int i = 0; i < 3000 && replica.kubernetes() == kLatestKubernetes; ++i) {
      if (git_version == "dev" && server.await(1)) break;
      std::this_thread::sleep_for(10ms);
    }
    return replica.kubernetes();
  };
  CHECK(learned("v1.30.1") == KubernetesVersion{1, 30, 1});
  CHECK(learned("dev") == kLatestKubernetes);
}
