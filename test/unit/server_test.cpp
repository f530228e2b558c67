// The connection, over real sockets on the loopback interface: TLS as it must be, HTTP as the API
// server speaks it, and an orderly end.

#include "webhook/server.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <httplib.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <thread>

#include "certs/authority.h"
#include "certs/pem.h"
#include "policies/catalogue.h"
#include "test/unit/api_server.h"
#include "test/unit/gate.h"
#include "test/unit/raw_client.h"
#include "webhook/tls.h"

namespace {

using namespace stateward;
using namespace std::chrono_literals;
using Json = nlohmann::json;

std::chrono::sys_seconds now() {
  // Certificates are checked by OpenSSL against the real clock.
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// A server on free ports with a fresh authority.
class Running {
 public:
  explicit Running(std::vector<const Policy*> policies = policies::all_policies())
      : authority_(make_authority(now(), {}, 1h).value()),
        identity_(issue(authority_, names(), now(), 1h).value()),
        routes_({.version = "1.2.3",
                 .policies = std::move(policies),
                 .injections = policies::all_injections(),
                 .certificate_expires = [this] { return serving_.expires(); },
                 .now = now}),
        server_(Server::start({.admission = {"127.0.0.1"},
                               .health = Endpoint{"127.0.0.1"},
                               .front = {.threads = 2}},
                              serving_, routes_)
                    .value()) {
    REQUIRE(serving_.replace(identity_).has_value());
  }

  // Trusts our authority and nothing else.
  std::unique_ptr<httplib::SSLClient> client() const {
    auto client = std::make_unique<httplib::SSLClient>("127.0.0.1", server_->admission().port);
    const Certificate root =
        std::move(certificates_from_pem(authority_.certificate).value().front());
    X509_STORE* store = X509_STORE_new();
    X509_STORE_add_cert(store, root.get());
    client->set_ca_cert_store(store);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    return client;
  }
  httplib::Client health() const { return httplib::Client("127.0.0.1", server_->health()->port); }
  const Endpoint& admission() const { return server_->admission(); }
  ServingIdentity& identity() const { return serving_; }
  Server& server() const { return *server_; }
  Routes& routes() { return routes_; }

 private:
  static const std::vector<std::string>& names() {
    static const std::vector<std::string> all = {"localhost", "127.0.0.1"};
    return all;
  }

  Authority authority_;
  Identity identity_;
  mutable ServingIdentity serving_;
  Routes routes_;
  std::unique_ptr<Server> server_;
};

WireReply wire(const httplib::Result& result) {
  if (!result) return {};
  return {.status = result->status,
          .content_type = result->get_header_value("Content-Type"),
          .body = result->body};
}

std::string post_head(std::string_view path, std::string_view more) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\n{}\r\n", path, more);
}

}  // namespace

TEST_CASE("an address to listen at is an address or a name, and a port") {
  CHECK(to_string(parse_endpoint("127.0.0.1:9443").value()) == "127.0.0.1:9443");
  CHECK(to_string(parse_endpoint("[::1]:0").value()) == "[::1]:0");
  CHECK(parse_endpoint("[::]:65535").value().host == "::");
  CHECK(parse_endpoint("localhost:1").value().host == "localhost");
  for (const char* text : {"", ":", ":9443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "::1:9443", "127.0.0.1:9443x", "[]:1", "127.0.0.1: 1"}) {
    const auto endpoint = parse_endpoint(text);
    REQUIRE_FALSE(endpoint.has_value());
    CHECK(endpoint.error().message ==
          fmt::format("\"{}\" is not ADDRESS:PORT, like 127.0.0.1:9443", text));
  }
}

TEST_CASE(
    "the recorded reviews are answered over TLS as the API server wants it, on one connection") {
  const Running running;
  const auto client = running.client();
  std::size_t answered = 0;
  for (const RecordedReview& recorded : recorded_reviews()) {
    CAPTURE(recorded.file);
    const Json sent = Json::parse(recorded.body);
    for (const Door door : {Door::mutate, Door::validate, Door::observe, Door::guard}) {
      const std::string target = fmt::format("{}?timeout=3s", path_of(door));
      const httplib::Headers headers = {{"Accept", "application/json, */*"},
                                        {"Accept-Encoding", "gzip"}};
      const auto result = client->Post(target, headers, recorded.body, "application/json");
      REQUIRE(result);
      CHECK(complaints(sent, door, wire(result)) == "");
      CHECK_FALSE(result->has_header("Content-Encoding"));
      CHECK(result->get_header_value_count("Content-Type") == 1);
      CHECK_FALSE(result->has_header("Connection"));
      ++answered;
    }
  }
  CHECK(answered == 61 * 4);
}

TEST_CASE("the certificate holds for the names it was issued for, under our authority only") {
  const Running running;
  httplib::SSLClient stranger("127.0.0.1", running.admission().port);
  CHECK(stranger.Post("/validate", "{}", "application/json").error() ==
        httplib::Error::SSLServerVerification);
  CHECK(running.client()->Post("/validate", "{}", "application/json")->status == 400);
}

TEST_CASE("TLS is version 1.2 or later with forward secrecy, HTTP/1.1, and without tickets") {
  const Running running;
  struct Case {
    int version = 0;
    const char* ciphers = "ALL:@SECLEVEL=0";
    bool accepted = false;
  };
  const Case cases[] = {{TLS1_3_VERSION, "ALL", true},
                        {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", true},
                        {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true},
                        {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", false},
                        {TLS1_2_VERSION, "AES128-GCM-SHA256", false},
                        {TLS1_1_VERSION, "ALL:@SECLEVEL=0", false}};
  for (const Case& offer : cases) {
    CAPTURE(std::string(offer.ciphers));
    RawClient client(running.admission());
    SSL_CTX_set_min_proto_version(client.context(), offer.version);
    SSL_CTX_set_max_proto_version(client.context(), offer.version);
    REQUIRE(SSL_CTX_set_cipher_list(client.context(), offer.ciphers) == 1);
    CHECK(client.shake_hands() == offer.accepted);
  }
  // This system's OpenSSL refuses the older ones by itself; others do not.
  const std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context(SSL_CTX_new(TLS_server_method()));
  REQUIRE(set_up_tls(*context, running.identity()).has_value());
  CHECK(SSL_CTX_get_min_proto_version(context.get()) == TLS1_2_VERSION);
  RawClient client(running.admission());
  const unsigned char protocols[] = "\x02h2\x08http/1.1";
  SSL_CTX_set_alpn_protos(client.context(), protocols, sizeof(protocols) - 1);
  REQUIRE(client.shake_hands());
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
  CHECK(std::string(reinterpret_cast<const char*>(chosen), size) == "http/1.1");
  client.say("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(client.hear_out().starts_with("HTTP/1.1 404 "));
  CHECK(SSL_SESSION_has_ticket(SSL_get_session(client.ssl())) == 0);
}

TEST_CASE(
    "what the library would read without a limit is refused before it is read, and the connection "
    "ends") {
  const Running running;
  const std::string review = stateful_set_review().dump();
  const std::string length = fmt::format("Content-Length: {}\r\n", review.size());
  struct Case {
    std::string name;
    std::string request;
    std::string status;
  };
  const Case cases[] = {
      {"chunked", post_head("/validate", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", "400"},
      {"both", post_head("/validate", length + "Transfer-Encoding: chunked\r\n"), "400"},
      {"no length", post_head("/validate", ""), "400"},
      {"two lengths", post_head("/validate", length + "Content-Length: 1\r\n"), "400"},
      {"an odd length", post_head("/validate", "Content-Length: 1x\r\n"), "400"},
      {"a length without an end",
       post_head("/validate", "Content-Length: 99999999999999999999999\r\n"), "413"},
      {"a length beyond all", post_head("/validate", "Content-Length: 1000000000000\r\n"), "413"},
      {"a negative length", post_head("/validate", "Content-Length: -1\r\n"), "400"},
      {"gzip", post_head("/validate", length + "Content-Encoding: gzip\r\n"), "400"},
      {"a range", post_head("/validate", length + "Range: bytes=0-1\r\n") + review, "400"},
      {"another path", post_head("/else", length) + review, "404"},
      {"a form",
       "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n" +
           length + "\r\n",
       "415"},
      {"another method", "PUT /validate HTTP/1.1\r\nHost: a\r\n" + length + "\r\n" + review, "405"},
      {"a fetch", "GET /mutate HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
  };
  for (const Case& refused : cases) {
    CAPTURE(refused.name);
    RawClient client(running.admission());
    REQUIRE(client.shake_hands());
    client.say(refused.request);
    const std::string heard = client.hear_out();
    CHECK(heard.starts_with("HTTP/1.1 " + refused.status + " "));
    // One reply and no second: what stood behind the head was not taken for a request.
    CHECK(heard.find("HTTP/1.1", 1) == std::string::npos);
    CHECK(heard.find("Connection: close\r\n") != std::string::npos);
  }
}

TEST_CASE("a request line that is too long or no HTTP is status 400 and shows nothing of itself") {
  const Running running;
  for (const std::string& line : {"GET /" + std::string(10'000, 'x') + " HTTP/1.1",
                                  std::string("PRI * HTTP/2.0"), std::string("canary")}) {
    RawClient client(running.admission());
    REQUIRE(client.shake_hands());
    client.say(line + "\r\nConnection: close\r\n\r\n");
    SSL_shutdown(client.ssl());
    const std::string heard = client.hear_out();
    CHECK(heard.starts_with("HTTP/1.1 400 "));
    CHECK(heard.find("canary") == std::string::npos);
  }
}

TEST_CASE("a body of 8 MiB is read and one byte more is status 413") {
  const Running running;
  const auto client = running.client();
  std::string body = stateful_set_review().dump();
  body.append(kLargestBody - body.size(), ' ');
  CHECK(wire(client->Post("/validate", body, "application/json")).status == 200);
  body += ' ';
  CHECK(wire(client->Post("/validate", body, "application/json")).status == 413);
  CHECK(wire(client->Post("/validate", stateful_set_review().dump(), "application/json")).status ==
        200);
}

TEST_CASE("health has a listener of its own, without TLS") {
  Running running;
  CHECK(running.health().Get("/livez")->status == 200);
  CHECK(running.health().Get("/version")->body == R"({"version":"1.2.3"})");
  CHECK(running.health().Get("/readyz?verbose")->body.find("[+]serving-certificate ok") == 0);
  CHECK(running.health().Post("/validate", "{}", "application/json")->status == 404);
  CHECK(wire(running.client()->Get("/livez")).status == 404);
}

TEST_CASE("an address that is taken is an error that names it") {
  const Running first;
  Routes routes({.policies = {}, .injections = {}, .now = now});
  const auto second = Server::start({.admission = first.admission()}, first.identity(), routes);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message ==
        fmt::format("cannot listen at {}: Address already in use", to_string(first.admission())));
  const auto health_taken = Server::start({.admission = {"127.0.0.1"}, .health = first.admission()},
                                          first.identity(), routes);
  CHECK_FALSE(health_taken.has_value());
  const auto nowhere =
      Server::start({.admission = {"no.such.host.invalid", 1}}, first.identity(), routes);
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(nowhere.error().message.starts_with("cannot listen at no.such.host.invalid:1: "));
}

TEST_CASE("an identity whose key is another's is not served") {
  const Authority authority = make_authority(now()).value();
  const std::vector<std::string> names = {"localhost"};
  Identity mixed = issue(authority, names, now()).value();
  mixed.key = issue(authority, names, now()).value().key;
  ServingIdentity serving;
  CHECK(serving.replace(mixed).error().message ==
        "the certificate cannot be served: private key mismatch");
  CHECK_FALSE(serving.expires().has_value());
}

TEST_CASE("the listening socket is ours alone, holds many callers, and answers without delay") {
  const Running running;
  for (const std::uint16_t port : {running.admission().port, running.server().health()->port}) {
    const int socket = listening_socket(port);
    REQUIRE(socket >= 0);
    CHECK(socket_option(socket, SOL_SOCKET, SO_REUSEPORT) == 0);
    CHECK(socket_option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(socket_option(socket, IPPROTO_TCP, TCP_NODELAY) == 1);
    tcp_info info{};
    socklen_t size = sizeof(info);
    REQUIRE(::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    CHECK(info.tcpi_sacked == 4096);  // of a listening socket: its backlog
  }
}

TEST_CASE("while we drain, requests are answered and told to go elsewhere") {
  Running running;
  const auto client = running.client();
  const std::string review = stateful_set_review().dump();
  CHECK_FALSE(client->Post("/validate", review, "application/json")->has_header("Connection"));
  running.routes().drain();
  CHECK(running.health().Get("/readyz")->status == 503);
  const auto result = client->Post("/validate", review, "application/json");
  REQUIRE(result);
  CHECK(result->status == 200);
  CHECK(result->get_header_value("Connection") == "close");
  CHECK(result->get_header_value_count("Connection") == 1);
}

TEST_CASE("stopping does not wait for idle connections") {
  Running running;
  std::vector<std::unique_ptr<httplib::SSLClient>> idle;
  for (int i = 0; i < 6; ++i) {
    idle.push_back(running.client());
    CHECK(idle.back()->Post("/validate", "{}", "application/json")->status == 400);
  }
  const auto before = std::chrono::steady_clock::now();
  running.server().stop();
  // They would stay open for two minutes.
  CHECK(std::chrono::steady_clock::now() - before < 30s);
  CHECK_FALSE(idle.front()->Post("/validate", "{}", "application/json"));
}

TEST_CASE("a request that is being judged when we stop is still answered") {
  static Gate gate;
  const Policy waiting{.id = "waiting",
                       .kinds = {Kind::stateful_set},
                       .operations = {Operation::create},
                       .check = [](const Subject&, Findings&) { gate.pass(); }};
  Running running({&waiting});
  const auto client = running.client();
  const Endpoint endpoint = running.admission();
  WireReply reply;
  std::thread asking([&] {
    reply = wire(client->Post("/validate", stateful_set_review().dump(), "application/json"));
  });
  gate.await_visitor();
  std::thread stopping([&] { running.server().stop(); });
  while (accepts(endpoint)) std::this_thread::yield();
  gate.open();
  asking.join();
  stopping.join();
  CHECK(complaints(stateful_set_review(), Door::validate, reply) == "");
}
