// Whom the client trusts, whom it says it is, and what it sends: over real sockets, with TLS.

#include <doctest/doctest.h>
#include <stdlib.h>

#include <optional>
#include <string>

#include "cluster/http_connection.h"
#include "test/unit/fake_api_server.h"
#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

using namespace std::chrono_literals;

void answer_ok(const FakeRequest&, FakeReply& reply) { reply.json(200, "{}"); }

// "ok", or what the error says.
std::string tried(const Access& access, const Credentials& credentials) {
  auto connection = HttpConnection::make(access, credentials);
  if (!connection) return connection.error().message;
  const auto answer = (*connection)->call({.method = "GET", .target = "/version"});
  return answer ? (answer->status == 200 ? "ok" : "another status") : answer.error().message;
}
std::string tried(const Access& access) { return tried(access, {.ca = access.ca.text}); }

bool ends_with(const std::string& text, const std::string& end) { return text.ends_with(end); }

// An environment variable as long as a test needs it.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = ::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("only the given authority is trusted, also where the system trusts the server's") {
  const FakeApiServer server(answer_ok);
  CHECK(tried(server.access()) == "ok");
  const TempFolder folder;
  const Variable system("SSL_CERT_FILE",
                        folder.write("system.pem", server.authority().certificate).string());
  Access access = server.access();
  access.ca.text = make_authority(real_now()).value().certificate;
  const std::string message = tried(access);
  CHECK(ends_with(message, "unable to get local issuer certificate"));
  CHECK(server.requests().size() == 1);
  // Given none, the system's are trusted, and they alone.
  access.ca = {};
  CHECK(tried(access) == "ok");
  const Variable other("SSL_CERT_FILE", folder.write("other.pem", server.identity().key).string());
  CHECK(tried(access) != "ok");
}

TEST_CASE("every certificate of the given authority is trusted by itself, as Go does it") {
  const FakeApiServer server(answer_ok);
  Access access = server.access();
  access.ca.text = server.identity().chain;  // no root
  CHECK(tried(access) == "ok");
  access.ca.text = make_authority(real_now()).value().certificate + server.authority().certificate;
  CHECK(tried(access) == "ok");
}

TEST_CASE("a server whose certificate names another is refused, and says so") {
  const FakeApiServer by_name(answer_ok, {.names = {"kubernetes.default.svc", "api.example.com"}});
  Access access = by_name.access();
  CHECK(ends_with(tried(access), "IP address mismatch"));
  CHECK(by_name.server_name().empty());
  access.server_name = "kubernetes.default";
  CHECK(ends_with(tried(access), "hostname mismatch"));
  access.server_name = "kubernetes.default.svc";
  CHECK(tried(access) == "ok");
  CHECK(by_name.server_name() == "kubernetes.default.svc");
  access.server_name = "api.example.com";
  CHECK(tried(access) == "ok");
  access.server_name = "x.example.com";
  CHECK(ends_with(tried(access), "hostname mismatch"));
  access.server_name = {};
  access.verify = false;
  CHECK(tried(access) == "ok");

  const FakeApiServer by_address(answer_ok, {.names = {"127.0.0.1"}});
  CHECK(tried(by_address.access()) == "ok");
  access = by_address.access();
  access.host = "localhost";
  CHECK(ends_with(tried(access), "hostname mismatch"));
}

TEST_CASE("an authority or a client certificate that cannot be read is an error that names it") {
  const FakeApiServer server(answer_ok);
  const Access access = server.access();
  CHECK(tried(access, {.ca = "rubbish"}).starts_with("the cluster's authority: "));
  CHECK(tried(access, {.ca = access.ca.text, .client_chain = "rubbish"})
            .starts_with("the client certificate: "));
  const std::vector<std::string> names = {"client"};
  const Identity one = issue(server.authority(), names, real_now()).value();
  const Identity other = issue(server.authority(), names, real_now()).value();
  CHECK(tried(access, {.ca = access.ca.text, .client_chain = one.chain})
            .starts_with("the client certificate's key: "));
  CHECK(tried(access, {.ca = access.ca.text, .client_chain = one.chain, .client_key = other.key})
            .starts_with("the client certificate"));
  CHECK(server.requests().empty());
}

TEST_CASE("we show the client certificate and the token that we were given") {
  const FakeApiServer server(answer_ok);
  const Access access = server.access();
  CHECK(tried(access) == "ok");
  CHECK(server.client_certificate().empty());
  CHECK(server.requests().back().header("Authorization").empty());
  const std::vector<std::string> names = {"client"};
  const Identity us = issue(server.authority(), names, real_now()).value();
  CHECK(tried(access, {.ca = access.ca.text,
                       .client_chain = us.chain,
                       .client_key = us.key,
                       .token = "secret"}) == "ok");
  CHECK(us.chain.starts_with(server.client_certificate()));
  CHECK(server.requests().back().header("Authorization") == "Bearer secret");
  CHECK(server.requests().back().header("User-Agent") == "stateward");
  CHECK(server.requests().back().header("Accept") == "application/json");
}

TEST_CASE("an IPv6 server is reached and named in brackets") {
  const FakeApiServer server(answer_ok, {.host = "::1"});
  CHECK(tried(server.access()) == "ok");
  CHECK("https://" + server.requests().back().header("Host") == server.url());
  const FakeApiServer four(answer_ok);
  CHECK(tried(four.access()) == "ok");
  CHECK("https://" + four.requests().back().header("Host") == four.url());
}

TEST_CASE("the path of the server's URL stands before every path, and nothing is escaped again") {
  const FakeApiServer server(answer_ok, {.tls = false});
  Access access = server.access();
  access.base_path = "/k8s/clusters/c-1";
  auto connection = HttpConnection::make(access, {}).value();
  REQUIRE(connection->call({.method = "GET", .target = "/api/v1/pods?continue=a%2Bb%3D&limit=5"}));
  CHECK(server.requests().back().target ==
        "/k8s/clusters/c-1/api/v1/pods?continue=a%2Bb%3D&limit=5");
}

TEST_CASE("threat w: redirects are not followed, and nothing is unpacked") {
  const FakeApiServer server([&](const FakeRequest& request, FakeReply& reply) {
    request.target == "/a" ? reply.json(302, "{}", "Location: /b\r\n")
                           : reply.json(200, "{}", "X: y\r\n");
  });
  auto connection = HttpConnection::make(server.access(), {.ca = server.access().ca.text}).value();
  CHECK(connection->call({.method = "GET", .target = "/a"})->status == 302);
  CHECK(server.requests().size() == 1);
  CHECK(server.requests().back().header("Accept-Encoding").find("gzip") == std::string::npos);
  // One connection for all calls.
  CHECK(connection->call({.method = "GET", .target = "/b"})->status == 200);
  CHECK(server.connections() == 1);
}

TEST_CASE(
    "an answer of more than 8 MiB is an error, and a piece that is not wanted ends the call") {
  const FakeApiServer server([&](const FakeRequest& request, FakeReply& reply) {
    if (request.target == "/large") return reply.json(200, std::string((8 << 20) + 1, 'x'));
    reply.begin_stream();
    while (reply.chunk("0123456789")) {
    }
  });
  auto connection = HttpConnection::make(server.access(), {.ca = server.access().ca.text}).value();
  const auto large = connection->call({.method = "GET", .target = "/large"});
  REQUIRE_FALSE(large);
  CHECK(ends_with(large.error().message, "an answer larger than 8 MiB"));
  int pieces = 0;
  const auto ended = connection->call({.method = "GET", .target = "/endless"},
                                      [&](std::string_view) { return ++pieces < 3; });
  CHECK_FALSE(ended);
  CHECK(pieces == 3);
}

TEST_CASE("an answer that breaks off is an error, whatever had come of it") {
  const FakeApiServer server([&](const FakeRequest& request, FakeReply& reply) {
    if (request.target == "/status") reply.raw("HTTP/1.1 200");
    if (request.target == "/head") reply.raw("HTTP/1.1 200 OK\r\nContent-Le");
    if (request.target == "/body")
      reply.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\":");
    if (request.target == "/chunk")
      reply.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"a\":");
    if (request.target == "/chunks")
      reply.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n");
    if (request.target == "/rubbish") reply.raw("rubbish\r\n\r\n");
    reply.hang_up();
  });
  auto connection = HttpConnection::make(server.access(), {.ca = server.access().ca.text}).value();
  for (const char* target :
       {"/nothing", "/status", "/head", "/body", "/chunk", "/chunks", "/rubbish"}) {
    CAPTURE(std::string(target));
    CHECK_FALSE(connection->call({.method = "GET", .target = target}));
  }
}

TEST_CASE("a write whose answer never came is sent once, however the connection ended") {
  for (const bool orderly : {true, false}) {
    CAPTURE(orderly);
    const FakeApiServer server([&](const FakeRequest& request, FakeReply& reply) {
      if (request.method == "GET") return reply.json(200, "{}");
      orderly ? reply.hang_up() : reply.reset();
    });
    for (const bool kept_open : {false, true}) {
      CAPTURE(kept_open);
      auto connection =
          HttpConnection::make(server.access(), {.ca = server.access().ca.text}).value();
      if (kept_open) REQUIRE(connection->call({.method = "GET", .target = "/version"}));
      const std::size_t before = server.count("POST");
      CHECK_FALSE(connection->call({.method = "POST",
                                    .target = "/api/v1/namespaces/a/services",
                                    .content_type = "application/json",
                                    .body = "{}"}));
      CHECK(server.count("POST") == before + 1);
    }
  }
}
