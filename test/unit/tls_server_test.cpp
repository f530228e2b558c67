// What a server shows of itself and whom it lets in, changed while it serves.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <set>
#include <thread>

#include "certs/authority.h"
#include "certs/describe.h"
#include "certs/pem.h"
#include "test/unit/raw_client.h"
#include "webhook/server.h"

namespace {

using namespace stateward;
using namespace std::chrono_literals;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

const std::vector<std::string> kNames = {"localhost"};

// A server that has no identity yet.
class Running {
 public:
  Running()
      : routes_({.version = "1.2.3",
                 .policies = {},
                 .injections = {},
                 .certificate_expires = [this] { return identity_.expires(); },
                 .now = now}),
        server_(Server::start({.admission = {"127.0.0.1"},
                               .health = Endpoint{"127.0.0.1"},
                               .front = {.threads = 2}},
                              identity_, routes_)
                    .value()) {}
  ServingIdentity& identity() { return identity_; }
  const Endpoint& admission() const { return server_->admission(); }
  HttpReply readiness() const { return routes_.health({.method = "GET", .path = "/readyz"}); }

 private:
  ServingIdentity identity_;
  Routes routes_;
  std::unique_ptr<Server> server_;
};

// The serial of what a new connection is shown; empty where the handshake fails.
std::string shown_serial(const Endpoint& server) {
  RawClient client(server);
  if (!client.shake_hands()) return {};
  const Certificate shown(SSL_get1_peer_certificate(client.ssl()));
  return shown ? describe(*shown).serial : "";
}

std::string serial_of(const Identity& identity) {
  return describe(identity.chain).value().front().serial;
}

// A certificate for clients, as the API server has one.
Identity client_identity(const Authority& authority, const std::vector<std::string>& names) {
  Identity identity = issue(authority, names, now()).value();
  const Certificate certificate = std::move(certificates_from_pem(identity.chain).value().front());
  const int usage = X509_get_ext_by_NID(certificate.get(), NID_ext_key_usage, -1);
  X509_EXTENSION_free(X509_delete_ext(certificate.get(), usage));
  X509_sign(certificate.get(), key_from_pem(authority.key).value().get(), EVP_sha256());
  identity.chain = to_pem(*certificate).value();
  return identity;
}

// Whether a client of this identity, or of none, is answered. In TLS 1.3 it learns of a refusal
// only when it reads.
bool is_let_in(const Endpoint& server, const Identity* identity, int version) {
  RawClient client(server);
  SSL_CTX_set_min_proto_version(client.context(), version);
  SSL_CTX_set_max_proto_version(client.context(), version);
  if (identity != nullptr) {
    const Certificate certificate =
        std::move(certificates_from_pem(identity->chain).value().front());
    SSL_CTX_use_certificate(client.context(), certificate.get());
    SSL_CTX_use_PrivateKey(client.context(), key_from_pem(identity->key).value().get());
  }
  if (!client.shake_hands()) return false;
  const std::string_view request = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  SSL_write(client.ssl(), request.data(), static_cast<int>(request.size()));
  return client.hear_out().starts_with("HTTP/1.1 404 ");
}

}  // namespace

TEST_CASE("a server without an identity refuses handshakes and is not ready, until it gets one") {
  Running running;
  CHECK(shown_serial(running.admission()).empty());
  CHECK(running.readiness().status == 503);
  CHECK(running.readiness().body.find("no serving certificate yet") != std::string::npos);

  const Identity identity = issue(make_authority(now()).value(), kNames, now()).value();
  REQUIRE(running.identity().replace(identity).has_value());
  CHECK(shown_serial(running.admission()) == serial_of(identity));
  CHECK(running.readiness().status == 200);
}

TEST_CASE("an identity that cannot be served leaves the last one in place") {
  Running running;
  const Authority authority = make_authority(now()).value();
  const Identity identity = issue(authority, kNames, now()).value();
  const Identity other = issue(authority, kNames, now()).value();
  REQUIRE(running.identity().replace(identity).has_value());
  for (const Identity& wrong : {Identity{.chain = other.chain, .key = identity.key},
                                Identity{.chain = "", .key = other.key},
                                Identity{.chain = other.chain, .key = "rubbish"}}) {
    CHECK_FALSE(running.identity().replace(wrong).has_value());
    CHECK(shown_serial(running.admission()) == serial_of(identity));
    CHECK(running.identity().expires() == identity.not_after);
  }
}

TEST_CASE("the chain is shown with the certificate") {
  Running running;
  const Authority authority = make_authority(now()).value();
  Identity identity = issue(authority, kNames, now()).value();
  identity.chain += authority.certificate;
  REQUIRE(running.identity().replace(identity).has_value());
  RawClient client(running.admission());
  REQUIRE(client.shake_hands());
  CHECK(sk_X509_num(SSL_get_peer_cert_chain(client.ssl())) == 2);
}

TEST_CASE(
    "a thousand identities in turn fail no handshake, and each next connection sees the new one") {
  Running running;
  const Authority authority = make_authority(now()).value();
  std::vector<Identity> identities;
  for (int i = 0; i < 20; ++i) identities.push_back(issue(authority, kNames, now()).value());
  REQUIRE(running.identity().replace(identities[0]).has_value());

  std::atomic<bool> done = false;
  std::atomic<int> failed = 0;
  std::atomic<int> succeeded = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      while (!done) ++(shown_serial(running.admission()).empty() ? failed : succeeded);
    });
  }
  int stale = 0;
  for (std::size_t i = 1; i <= 1000; ++i) {
    const Identity& next = identities[i % identities.size()];
    REQUIRE(running.identity().replace(next).has_value());
    if (i % 50 == 0 && shown_serial(running.admission()) != serial_of(next)) ++stale;
  }
  while (succeeded < 100) std::this_thread::yield();
  done = true;
  for (std::thread& client : clients) client.join();
  CHECK(failed == 0);
  CHECK(stale == 0);
}

TEST_CASE("clients that must be known are let in by their authority and name only") {
  Running running;
  const Authority serving = make_authority(now()).value();
  const Authority theirs = make_authority(now()).value();
  const Identity api_server = client_identity(theirs, {"kube-apiserver"});
  const Identity other = client_identity(theirs, {"kubelet"});
  const Identity stranger = client_identity(serving, {"kube-apiserver"});
  // One for servers, of the right name.
  const Identity server = issue(theirs, std::vector<std::string>{"kube-apiserver"}, now()).value();
  REQUIRE(running.identity().replace(issue(serving, kNames, now()).value()).has_value());

  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    const auto let_in = [&](const Identity* identity) {
      return is_let_in(running.admission(), identity, version);
    };
    REQUIRE(running.identity().require_clients(theirs.certificate, "kube-apiserver").has_value());
    CHECK(let_in(&api_server));
    CHECK_FALSE(let_in(nullptr));
    CHECK_FALSE(let_in(&other));
    CHECK_FALSE(let_in(&stranger));
    CHECK_FALSE(let_in(&server));
    // The common name of our leaves.
    REQUIRE(
        running.identity().require_clients(theirs.certificate, "stateward webhook").has_value());
    CHECK(let_in(&other));
    REQUIRE(running.identity().require_clients(theirs.certificate, "").has_value());
    CHECK(let_in(&other));
    CHECK_FALSE(let_in(&stranger));
    // The authorities are replaced while it serves; unreadable ones are not taken.
    CHECK_FALSE(running.identity().require_clients("rubbish", "").has_value());
    CHECK(let_in(&other));
    REQUIRE(running.identity().require_clients(serving.certificate, "").has_value());
    CHECK(let_in(&stranger));
    CHECK_FALSE(let_in(&other));
  }
}
