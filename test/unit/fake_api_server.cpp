#include "test/unit/fake_api_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

#include "certs/pem.h"
#include "engine/json_writer.h"

namespace stateward {
namespace {

using namespace std::chrono_literals;

// What one side of a connection says.
class Wire {
 public:
  Wire(int socket, SSL* ssl) : socket_(socket), ssl_(ssl) {}

  bool read_request(FakeRequest& request) {
    std::size_t end = 0;
    while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return false;
    const std::string head = pending_.substr(0, end + 2);
    pending_.erase(0, end + 4);
    const std::size_t first = head.find("\r\n");
    const std::size_t space = head.find(' ');
    request.method = head.substr(0, space);
    request.target = head.substr(space + 1, head.rfind(' ', first) - space - 1);
    request.head = head.substr(first + 2);
    const std::string length = request.header("Content-Length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (pending_.size() < size)
      if (!more()) return false;
    request.body = pending_.substr(0, size);
    pending_.erase(0, size);
    return true;
  }

 private:
  bool more() {
    char buffer[4096];
    const auto size = ssl_ != nullptr ? static_cast<ssize_t>(SSL_read(ssl_, buffer, sizeof(buffer)))
                                      : ::recv(socket_, buffer, sizeof(buffer), 0);
    if (size > 0) pending_.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }

  int socket_;
  SSL* ssl_;
  std::string pending_;
};

int listen_at(const std::string& host, std::uint16_t& port) {
  const bool six = host.find(':') != std::string::npos;
  sockaddr_storage address{};
  socklen_t size = six ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (six) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
    in6.sin6_family = AF_INET6;
    ::inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr);
  } else {
    auto& in = reinterpret_cast<sockaddr_in&>(address);
    in.sin_family = AF_INET;
    ::inet_pton(AF_INET, host.c_str(), &in.sin_addr);
  }
  const int listener = ::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener, any, size) == 0);
  REQUIRE(::listen(listener, 64) == 0);
  REQUIRE(::getsockname(listener, any, &size) == 0);
  port = ntohs(six ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<sockaddr_in&>(address).sin_port);
  return listener;
}

}  // namespace

std::string FakeRequest::header(std::string_view name) const {
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string line = head.substr(at, end - at);
    at = end + 2;
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return {};
}

std::string FakeRequest::parameter(std::string_view name) const {
  const std::size_t question = target.find('?');
  if (question == std::string::npos) return {};
  std::string_view rest = std::string_view(target).substr(question + 1);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    if (one.starts_with(name) && one.size() > name.size() && one[name.size()] == '=')
      return std::string(one.substr(name.size() + 1));
  }
  return {};
}

std::string status_json(int code, std::string_view reason, std::string_view message) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("kind").string("Status").key("apiVersion").string("v1");
  out.key("status").string("Failure").key("message").string(message);
  out.key("reason").string(reason).key("code").integer(code).end_object();
  return text;
}

void FakeReply::json(int status, std::string_view body, std::string_view more_headers) {
  raw(
      fmt::format("HTTP/1.1 {} As Scripted\r\nContent-Type: application/json\r\n"
                  "Content-Length: {}\r\n{}\r\n{}",
                  status, body.size(), more_headers, body));
}

void FakeReply::status(int code, std::string_view reason, std::string_view message,
                       std::string_view more_headers) {
  json(code, status_json(code, reason, message), more_headers);
}

void FakeReply::begin_stream() {
  raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool FakeReply::chunk(std::string_view bytes) {
  return raw(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
}

void FakeReply::end_stream() { raw("0\r\n\r\n"); }

bool FakeReply::raw(std::string_view bytes) {
  while (!gone_ && !bytes.empty()) {
    const auto sent =
        ssl_ != nullptr
            ? static_cast<ssize_t>(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())))
            : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    gone_ = sent <= 0;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return !gone_;
}

void FakeReply::hang_up() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  ::shutdown(socket_, SHUT_RDWR);
  gone_ = true;
}

void FakeReply::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  gone_ = true;
}

void FakeReply::hold() {
  char buffer[256];
  while ((ssl_ != nullptr ? static_cast<ssize_t>(SSL_read(ssl_, buffer, sizeof(buffer)))
                          : ::recv(socket_, buffer, sizeof(buffer), 0)) > 0) {
  }
  gone_ = true;
}

struct FakeApiServer::Self {
  Handler handler;
  Options options;
  Authority authority;
  Identity identity;
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context;
  std::uint16_t port = 0;
  int listener = -1;
  std::thread acceptor;

  mutable std::mutex mutex;
  mutable std::condition_variable came;
  bool stopped = false;
  std::vector<FakeRequest> requests;
  std::set<int> sockets;
  std::vector<std::thread> threads;
  std::string server_name;
  std::string client_certificate;

  void set_up_tls() {
    authority = make_authority(real_now(), {}, 1h).value();
    identity = issue(authority, options.names, real_now(), 1h).value();
    context.reset(SSL_CTX_new(TLS_server_method()));
    const auto chain = certificates_from_pem(identity.chain).value();
    const auto key = key_from_pem(identity.key).value();
    REQUIRE(SSL_CTX_use_certificate(context.get(), chain.front().get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
    // Clients are asked who they are, and believed.
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  }

  void accept() {
    while (true) {
      const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex);
      if (socket < 0 || stopped) {
        if (socket >= 0) ::close(socket);
        if (stopped) return;
        continue;
      }
      sockets.insert(socket);
      threads.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    std::unique_ptr<SSL, Freed<SSL_free>> ssl;
    bool good = true;
    if (options.tls) {
      ssl.reset(SSL_new(context.get()));
      SSL_set_fd(ssl.get(), socket);
      good = SSL_accept(ssl.get()) == 1;
      const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
      const std::lock_guard lock(mutex);
      server_name = name == nullptr ? "" : name;
      const Certificate shown(SSL_get1_peer_certificate(ssl.get()));
      client_certificate = shown == nullptr ? "" : to_pem(*shown).value();
    }
    Wire wire(socket, ssl.get());
    FakeReply reply(socket, ssl.get());
    FakeRequest request;
    while (good && wire.read_request(request)) {
      {
        const std::lock_guard lock(mutex);
        requests.push_back(request);
        came.notify_all();
      }
      handler(request, reply);
      if (reply.gone()) break;
    }
    ssl.reset();
    const std::lock_guard lock(mutex);
    sockets.erase(socket);
    ::close(socket);
  }
};

FakeApiServer::FakeApiServer(Handler handler, const Options& options)
    : self_(std::make_unique<Self>()) {
  std::signal(SIGPIPE, SIG_IGN);
  self_->handler = std::move(handler);
  self_->options = options;
  if (options.tls) self_->set_up_tls();
  self_->listener = listen_at(options.host, self_->port);
  self_->acceptor = std::thread([self = self_.get()] { self->accept(); });
}

FakeApiServer::~FakeApiServer() {
  {
    const std::lock_guard lock(self_->mutex);
    self_->stopped = true;
    ::shutdown(self_->listener, SHUT_RDWR);
    for (const int socket : self_->sockets) ::shutdown(socket, SHUT_RDWR);
  }
  self_->acceptor.join();
  for (std::thread& thread : self_->threads) thread.join();
  ::close(self_->listener);
}

Access FakeApiServer::access() const {
  return {.tls = self_->options.tls,
          .host = self_->options.host,
          .port = self_->port,
          .ca = {.text = self_->authority.certificate}};
}

std::string FakeApiServer::url() const {
  const std::string& host = self_->options.host;
  return fmt::format("{}://{}:{}", self_->options.tls ? "https" : "http",
                     host.find(':') == std::string::npos ? host : "[" + host + "]", self_->port);
}

const Authority& FakeApiServer::authority() const { return self_->authority; }

const Identity& FakeApiServer::identity() const { return self_->identity; }

std::vector<FakeRequest> FakeApiServer::requests() const {
  const std::lock_guard lock(self_->mutex);
  return self_->requests;
}

std::size_t FakeApiServer::count(std::string_view method) const {
  const std::vector<FakeRequest> all = requests();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& one) { return one.method == method; }));
}

bool FakeApiServer::await(std::size_t requests) const {
  std::unique_lock lock(self_->mutex);
  return self_->came.wait_for(lock, 30s, [&] { return self_->requests.size() >= requests; });
}

std::size_t FakeApiServer::connections() const {
  const std::lock_guard lock(self_->mutex);
  return self_->threads.size();
}

std::string FakeApiServer::server_name() const {
  const std::lock_guard lock(self_->mutex);
  return self_->server_name;
}

std::string FakeApiServer::client_certificate() const {
  const std::lock_guard lock(self_->mutex);
  return self_->client_certificate;
}

std::shared_ptr<CredentialSource> source_of(const Access& access) {
  return std::make_shared<CredentialSource>(access, real_now);
}

std::chrono::sys_seconds real_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace stateward
