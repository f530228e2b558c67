#include "cluster/http_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>

#include "certs/pem.h"

namespace stateward {
namespace {

constexpr time_t kConnectSeconds = 5;
constexpr time_t kWriteSeconds = 15;
constexpr std::size_t kLargestBody = std::size_t{8} << 20;

// A connection whose other end has vanished without a word is given up after half a minute, also
// while a watch has nothing to say.
void set_socket_options(int socket) {
  const auto set = [socket](int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

bool is_address(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// The library's own check trusts the system's authorities beside ours and falls back to common
// names, so it is switched off and the handshake itself verifies.
Result<void> trust(SSL_CTX& context, const Access& access, const Credentials& credentials) {
  if (!access.verify) return {};
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(&context);
  const std::string& name = access.server_name.empty() ? access.host : access.server_name;
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const int named = is_address(name)
                        ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str())
                        : X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size());
  if (named != 1) return tl::unexpected(openssl_error("naming the API server"));
  if (credentials.ca.empty()) {
    if (SSL_CTX_set_default_verify_paths(&context) != 1)
      return tl::unexpected(openssl_error("reading the system's authorities"));
    return {};
  }
  const auto authorities = certificates_from_pem(credentials.ca);
  if (!authorities)
    return fail(fmt::format("the cluster's authority: {}", authorities.error().message));
  // Each of them is trusted by itself, a root or not, as Go does it.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  for (const Certificate& authority : *authorities) X509_STORE_add_cert(store, authority.get());
  return {};
}

Result<void> show_certificate(SSL_CTX& context, const Credentials& credentials) {
  if (credentials.client_chain.empty()) return {};
  const auto chain = certificates_from_pem(credentials.client_chain);
  if (!chain) return fail(fmt::format("the client certificate: {}", chain.error().message));
  const auto key = key_from_pem(credentials.client_key);
  if (!key) return fail(fmt::format("the client certificate's key: {}", key.error().message));
  bool used = SSL_CTX_use_certificate(&context, chain->front().get()) == 1;
  for (std::size_t i = 1; used && i < chain->size(); ++i)
    used = SSL_CTX_add1_chain_cert(&context, (*chain)[i].get()) == 1;
  if (!used || SSL_CTX_use_PrivateKey(&context, key->get()) != 1)
    return tl::unexpected(openssl_error("the client certificate"));
  return {};
}

httplib::Headers headers_of(const Credentials& credentials) {
  httplib::Headers headers = {{"Accept", "application/json"}, {"User-Agent", "stateward"}};
  if (!credentials.token.empty()) headers.emplace("Authorization", "Bearer " + credentials.token);
  return headers;
}

}  // namespace

struct HttpConnection::Client {
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { take_socket(-1); }

  std::unique_ptr<httplib::ClientImpl> http;
  std::string base_path;
  std::string server;      // for messages
  std::string asked_name;  // the server's, for the handshake; empty: it is called by its address
  std::atomic<bool> stopped = false;
  int verified = X509_V_OK;  // what OpenSSL said of the server's certificate
  std::mutex mutex;          // guards what follows
  int socket = -1;           // a duplicate of the connection's

  void take_socket(int given) {
    const std::lock_guard lock(mutex);
    if (socket >= 0) ::close(socket);
    socket = given;
  }
  // The library's own stop() waits for a connect or a handshake that is under way.
  void stop() {
    stopped = true;
    const std::lock_guard lock(mutex);
    if (socket >= 0) ::shutdown(socket, SHUT_RDWR);
  }

  std::string why(httplib::Error error) const {
    if (error == httplib::Error::SSLConnection && verified != X509_V_OK)
      return X509_verify_cert_error_string(verified);
    switch (error) {
      case httplib::Error::Connection:
        return "nobody answers there";
      case httplib::Error::ConnectionTimeout:
        return "no answer in time";
      case httplib::Error::SSLConnection:
        return "no TLS handshake";
      case httplib::Error::Read:
        return "the connection was closed, or silent for too long";
      default:
        return httplib::to_string(error);
    }
  }
};

namespace {

HttpConnection::Client& client_of(const SSL* ssl) {
  return *static_cast<HttpConnection::Client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

// Keeps the reason of a failed verification, which the library would lose.
int remember_reason(int passed, X509_STORE_CTX* store) {
  if (passed == 0) {
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    client_of(ssl).verified = X509_STORE_CTX_get_error(store);
  }
  return passed;
}

// The library asks for the host, and we for the name that the certificate must hold; an address is
// no name to ask for (RFC 6066 section 3).
void ask_for_name(const SSL* ssl, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
  const std::string& asked = client_of(ssl).asked_name;
  const char* name = asked.empty() ? nullptr : asked.c_str();
  SSL_set_tlsext_host_name(const_cast<SSL*>(ssl), name);
}

}  // namespace

Result<std::unique_ptr<HttpConnection>> HttpConnection::make(const Access& access,
                                                             const Credentials& credentials) {
  // Writing to a connection that the server has closed must be an error and not our end.
  std::signal(SIGPIPE, SIG_IGN);
  auto client = std::make_unique<Client>();
  client->base_path = access.base_path;
  client->server = fmt::format("{}:{}", access.host, access.port);
  if (access.tls) {
    auto tls = std::make_unique<httplib::SSLClient>(access.host, access.port);
    tls->enable_server_certificate_verification(false);
    SSL_CTX& context = *tls->ssl_context();
    SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
    if (auto done = trust(context, access, credentials); !done) return tl::unexpected(done.error());
    if (auto done = show_certificate(context, credentials); !done)
      return tl::unexpected(done.error());
    SSL_CTX_set_app_data(&context, client.get());
    const std::string& name = access.server_name.empty() ? access.host : access.server_name;
    if (!is_address(name)) client->asked_name = name;
    SSL_CTX_set_info_callback(&context, ask_for_name);
    if (access.verify) SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, remember_reason);
    client->http = std::move(tls);
  } else {
    client->http = std::make_unique<httplib::ClientImpl>(access.host, access.port);
  }
  httplib::ClientImpl& http = *client->http;
  http.set_connection_timeout(kConnectSeconds);
  http.set_write_timeout(kWriteSeconds);
  http.set_keep_alive(true);
  http.set_tcp_nodelay(true);
  http.set_follow_location(false);
  http.set_decompress(false);
  http.set_compress(false);
  http.set_url_encode(false);  // it would decode what we escaped
  http.set_socket_options([client = client.get()](int socket) {
    set_socket_options(socket);
    client->take_socket(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  });
  http.set_default_headers(headers_of(credentials));
  return std::unique_ptr<HttpConnection>(new HttpConnection(std::move(client)));
}

HttpConnection::HttpConnection(std::unique_ptr<Client> client) : client_(std::move(client)) {}

HttpConnection::~HttpConnection() = default;

Result<HttpAnswer> HttpConnection::call(const HttpCall& call,
                                        const std::function<bool(std::string_view)>& on_chunk,
                                        std::chrono::seconds patience) {
  if (client_->stopped) return fail("stopped");
  HttpAnswer answer;
  httplib::Request request;
  request.method = call.method;
  request.path = client_->base_path + call.target;
  request.body = call.body;
  if (!call.content_type.empty())
    request.set_header("Content-Type", std::string(call.content_type));
  bool too_large = false;
  bool unwanted = false;
  client_->verified = X509_V_OK;
  request.response_handler = [&](const httplib::Response& response) {
    answer.status = response.status;
    answer.retry_after = response.get_header_value("Retry-After");
    return !client_->stopped;
  };
  request.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t,
                                 std::uint64_t) {
    const std::string_view chunk(bytes, size);
    if (client_->stopped) return false;
    if (answer.status == 200 && on_chunk) return !(unwanted = !on_chunk(chunk));
    too_large = answer.body.size() + size > kLargestBody;
    if (!too_large) answer.body += chunk;
    return !too_large;
  };
  client_->http->set_read_timeout(patience);
  const httplib::Result result = client_->http->send(request);
  if (too_large) return fail(fmt::format("{}: an answer larger than 8 MiB", client_->server));
  if (unwanted) return fail(fmt::format("{}: a part of the answer is too large", client_->server));
  if (!result) return fail(fmt::format("{}: {}", client_->server, client_->why(result.error())));
  return answer;
}

void HttpConnection::stop() { client_->stop(); }

}  // namespace stateward
