#include "webhook/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/err.h>

#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <queue>
#include <system_error>
#include <thread>
#include <vector>

#include "webhook/open_connections.h"

namespace stateward {
namespace {

constexpr int kBacklog = 1024;  // the library's 5 overflows when API servers reconnect together
// Longer than the 90 s after which the API server closes: who closes first loses a request that
// crosses it.
constexpr time_t kKeepAliveSeconds = 120;
constexpr std::size_t kKeepAliveRequests = 1'000'000;
constexpr std::size_t kHealthThreads = 4;
constexpr std::size_t kLongestSkipped = 4 * kLargestBody;
constexpr std::string_view kJson = "application/json";
// A type that the library does not know, so that it does not compress: that costs more than it
// saves here.
constexpr const char* kJsonInside = "application/json;";

// A listener whose socket can be reached.
template <typename Base>
class Listening : public Base {
 public:
  using Base::Base;
  int socket() const { return this->svr_sock_; }
};
using TlsListener = Listening<httplib::SSLServer>;
using PlainListener = Listening<httplib::Server>;

// Not SO_REUSEPORT, which lets a second process take half of the connections silently.
void set_socket_options(int socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

// As many threads as there are connections, up to a limit; then they wait. The library's own pool
// makes all of its threads at once.
class ThreadPerConnection : public httplib::TaskQueue {
 public:
  explicit ThreadPerConnection(std::size_t most) : most_(most) {}

  void enqueue(std::function<void()> connection) override {
    const std::lock_guard lock(mutex_);
    waiting_.push(std::move(connection));
    if (idle_ < waiting_.size() && threads_.size() < most_)
      threads_.emplace_back([this] { work(); });
    something_to_do_.notify_one();
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    something_to_do_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      something_to_do_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      --idle_;
      if (waiting_.empty()) return;
      const std::function<void()> connection = std::move(waiting_.front());
      waiting_.pop();
      lock.unlock();
      connection();
      lock.lock();
    }
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable something_to_do_;
  std::queue<std::function<void()>> waiting_;
  std::size_t idle_ = 0;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

// The one Content-Length, where it is a number.
std::optional<std::size_t> declared_length(const httplib::Request& request) {
  if (request.get_header_value_count("Content-Length") != 1) return std::nullopt;
  const std::string text = request.get_header_value("Content-Length");
  std::size_t length = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, length);
  if (error == std::errc::result_out_of_range) return SIZE_MAX;
  return error == std::errc() && at == end ? std::optional(length) : std::nullopt;
}

// Bodies that the library would read without a limit: those without a length, compressed ones, and
// those that are too long, which it skips to their end so that the client hears why.
std::optional<HttpReply> refuse_body(const httplib::Request& request) {
  const std::optional<std::size_t> length = declared_length(request);
  if (!length || request.has_header("Transfer-Encoding") ||
      request.has_header("Content-Encoding") || request.has_header("Range")) {
    return HttpReply{.status = 400, .body = "send one Content-Length and nothing encoded\n"};
  }
  if (*length > kLongestSkipped) return HttpReply{.status = 413, .body = "larger than 8 MiB\n"};
  return std::nullopt;
}

std::string_view query_of(const httplib::Request& request) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

HttpRequest request_of(const httplib::Request& request, std::string_view content_type) {
  return {.method = request.method,
          .path = request.path,
          .query = query_of(request),
          .content_type = content_type,
          .body = request.body};
}

void set_head(httplib::Response& response, const HttpReply& reply) {
  response.status = reply.status;
  if (!reply.allow.empty()) response.set_header("Allow", std::string(reply.allow));
}

void send(httplib::Response& response, const HttpReply& reply) {
  set_head(response, reply);
  response.set_content(reply.body,
                       reply.content_type == kJson ? kJsonInside : std::string(reply.content_type));
}

// Replies to a request whose body was not read, and ends the connection, for the body would be
// taken for the next request: a content provider that fails when it has written all is how the
// library can be told.
void send_and_close(httplib::Response& response, HttpReply reply) {
  set_head(response, reply);
  const std::size_t size = reply.body.size();
  response.set_content_provider(
      size, std::string(reply.content_type),
      [body = std::move(reply.body)](std::size_t, std::size_t, httplib::DataSink& sink) {
        sink.write(body.data(), body.size());
        return false;
      });
}

using Outcome = httplib::Server::HandlerResponse;

Outcome refuse_by_head(const httplib::Request& request, httplib::Response& response) {
  const std::string content_type = request.get_header_value("Content-Type");
  std::optional<HttpReply> refused = Routes::refuse(request_of(request, content_type));
  if (!refused) refused = refuse_body(request);
  if (!refused) return Outcome::Unhandled;
  send_and_close(response, std::move(*refused));
  return Outcome::Handled;
}

// The last look at every reply, the library's own ones too: only statuses that we document, and no
// headers twice.
void finish(httplib::Response& response, bool draining) {
  if (response.status == 414 || response.status == 416) response.status = 400;
  if (response.get_header_value("Content-Type") == kJsonInside) {
    response.headers.erase("Content-Type");
    response.set_header("Content-Type", std::string(kJson));
  }
  response.headers.erase("Keep-Alive");
  const bool closes = response.content_provider_ != nullptr;
  if (closes || draining) {
    response.headers.erase("Connection");
    response.set_header("Connection", "close");
  }
}

void set_up_admission(httplib::Server& server, const Routes& routes, OpenConnections& connections,
                      std::size_t threads) {
  server.new_task_queue = [threads] { return new ThreadPerConnection(threads); };
  server.set_keep_alive_timeout(kKeepAliveSeconds);
  server.set_keep_alive_max_count(kKeepAliveRequests);
  server.set_payload_max_length(kLargestBody);
  server.set_pre_routing_handler(
      [&connections](const httplib::Request& request, httplib::Response& response) {
        connections.request_begins(*request.ssl);
        return refuse_by_head(request, response);
      });
  // Called when a reply is written, whatever became of the request.
  server.set_logger([&connections](const httplib::Request& request, const httplib::Response&) {
    if (request.ssl != nullptr) connections.request_ends(*request.ssl);
  });
  server.set_post_routing_handler([&routes](const httplib::Request&, httplib::Response& response) {
    finish(response, routes.draining());
  });
  for (const Door door : {Door::mutate, Door::validate, Door::observe, Door::guard}) {
    server.Post(std::string(path_of(door)), [&routes](const httplib::Request& request,
                                                      httplib::Response& response) {
      send(response,
           routes.admission(request_of(request, request.get_header_value("Content-Type"))));
    });
  }
}

void set_up_health(httplib::Server& server, const HealthServer::Reply& reply) {
  server.new_task_queue = [] { return new httplib::ThreadPool(kHealthThreads); };
  server.set_keep_alive_max_count(1);
  server.set_pre_routing_handler(
      [&reply](const httplib::Request& request, httplib::Response& response) {
        send(response, reply(request_of(request, {})));
        return Outcome::Handled;
      });
  server.set_post_routing_handler(
      [](const httplib::Request&, httplib::Response& response) { finish(response, false); });
}

void set_up(httplib::Server& server) {
  server.set_tcp_nodelay(true);
  server.set_socket_options(set_socket_options);
  // Without one, the library puts the exception's text into a header.
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        send(response, {.status = 500, .body = "internal error\n"});
      });
}

template <typename Listener>
Result<Endpoint> bind(Listener& listener, const Endpoint& wanted) {
  errno = 0;
  Endpoint bound = wanted;
  if (wanted.port != 0) {
    if (!listener.bind_to_port(wanted.host, wanted.port)) bound.port = 0;
  } else {
    const int port = listener.bind_to_any_port(wanted.host);
    bound.port = static_cast<std::uint16_t>(port < 0 ? 0 : port);
  }
  if (bound.port == 0 || ::listen(listener.socket(), kBacklog) != 0) {
    const std::string why = errno == 0 ? "no such address" : std::generic_category().message(errno);
    return fail(fmt::format("cannot listen at {}: {}", to_string(wanted), why));
  }
  return bound;
}

// Serves in a thread of its own. The constructor returns when the listener accepts, for stop() does
// nothing before.
class Running {
 public:
  explicit Running(httplib::Server& server) : server_(server) {
    std::promise<void> accepting;
    const auto make_queue = server.new_task_queue;
    server.new_task_queue = [&accepting, make_queue] {
      accepting.set_value();
      return make_queue();
    };
    thread_ = std::thread([&server] { server.listen_after_bind(); });
    accepting.get_future().wait();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    stop();
    thread_.join();
  }
  void stop() {
    if (!std::exchange(stopped_, true)) server_.stop();
  }
  bool running() const { return server_.is_running(); }

 private:
  httplib::Server& server_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace

struct HealthServer::Listener {
  Reply reply;
  PlainListener plain;
  Endpoint endpoint;
  std::optional<Running> serving;
};

struct Server::Listeners {
  OpenConnections connections;
  std::unique_ptr<TlsListener> tls;
  Endpoint admission;
  std::unique_ptr<HealthServer> health;
  std::optional<Running> serving_tls;
};

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto malformed = [&] {
    return fail(fmt::format("\"{}\" is not ADDRESS:PORT, like 127.0.0.1:9443", text));
  };
  if (colon == std::string_view::npos) return malformed();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return malformed();
  }
  Endpoint endpoint{.host = std::string(host)};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (host.empty() || error != std::errc() || end != digits.data() + digits.size())
    return malformed();
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  const bool bracket = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", bracket ? "[" : "", endpoint.host, bracket ? "]" : "",
                     endpoint.port);
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options,
                                              ServingIdentity& identity, Routes& routes) {
  auto made = std::make_unique<Listeners>();
  Result<void> tls_is_set_up;
  made->tls = std::make_unique<TlsListener>([&](SSL_CTX& context) {
    tls_is_set_up = set_up_tls(context, identity);
    made->connections.follow(context);
    return tls_is_set_up.has_value();
  });
  if (!tls_is_set_up) return tl::unexpected(tls_is_set_up.error());
  set_up(*made->tls);
  set_up_admission(*made->tls, routes, made->connections, options.connections);

  auto admission = bind(*made->tls, options.admission);
  if (!admission) return tl::unexpected(admission.error());
  made->admission = std::move(*admission);
  if (options.health) {
    auto health = HealthServer::start(
        *options.health, [&routes](const HttpRequest& request) { return routes.health(request); });
    if (!health) return tl::unexpected(health.error());
    made->health = std::move(*health);
  }
  made->serving_tls.emplace(*made->tls);
  return std::unique_ptr<Server>(new Server(std::move(made)));
}

Server::Server(std::unique_ptr<Listeners> listeners) : listeners_(std::move(listeners)) {}

Server::~Server() { stop(); }

const Endpoint& Server::admission() const { return listeners_->admission; }

std::optional<Endpoint> Server::health() const {
  return listeners_->health ? std::optional(listeners_->health->endpoint()) : std::nullopt;
}

bool Server::running() const {
  return listeners_->serving_tls && listeners_->serving_tls->running() &&
         (!listeners_->health || listeners_->health->running());
}

void Server::stop() {
  if (listeners_->serving_tls) {
    listeners_->serving_tls->stop();
    listeners_->connections.end_waiting();
    listeners_->serving_tls.reset();
  }
  // Health last: until here it could say that we are going.
  listeners_->health.reset();
}

Result<std::unique_ptr<HealthServer>> HealthServer::start(const Endpoint& endpoint, Reply reply) {
  auto made = std::make_unique<Listener>();
  made->reply = std::move(reply);
  set_up(made->plain);
  set_up_health(made->plain, made->reply);
  auto bound = bind(made->plain, endpoint);
  if (!bound) return tl::unexpected(bound.error());
  made->endpoint = std::move(*bound);
  made->serving.emplace(made->plain);
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(made)));
}

HealthServer::HealthServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}

HealthServer::~HealthServer() = default;

const Endpoint& HealthServer::endpoint() const { return listener_->endpoint; }

bool HealthServer::running() const { return listener_->serving && listener_->serving->running(); }

}  // namespace stateward
