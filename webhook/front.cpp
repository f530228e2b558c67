#include "webhook/front.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "webhook/loop.h"

namespace stateward {
namespace {

void set_up(SSL_CTX& context) {
  SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  // One call reads a whole record. Its buffer holds one: more would be held by whoever sends half.
  SSL_CTX_set_read_ahead(&context, 1);
  // OpenSSL writes without MSG_NOSIGNAL: who has closed must not end the process.
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

FrontShared::FrontShared(const FrontOptions& front_options, SSL_CTX* front_context,
                         Dispatch front_dispatch)
    : options(front_options),
      context(front_context),
      dispatch(std::move(front_dispatch)),
      small(options.small_bytes),
      large(options.large_bytes) {}

FrontShared::~FrontShared() = default;

struct Front::Running {
  Running(Endpoint at, int listens, SSL_CTX* context, Dispatch dispatch,
          const FrontOptions& options)
      : endpoint(std::move(at)), listener(listens), shared(options, context, std::move(dispatch)) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { ::close(listener); }

  Endpoint endpoint;
  int listener;
  FrontShared shared;
};

Result<std::unique_ptr<Front>> Front::start(const Endpoint& endpoint, SSL_CTX* context,
                                            Dispatch dispatch, const FrontOptions& options) {
  Endpoint bound = endpoint;
  const auto listener = listen_at(bound);
  if (!listener) return tl::unexpected(listener.error());
  if (context != nullptr) set_up(*context);
  auto running =
      std::make_unique<Running>(std::move(bound), *listener, context, std::move(dispatch), options);
  auto& loops = running->shared.loops;
  for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i)
    loops.push_back(std::make_unique<Loop>(running->shared, i == 0 ? *listener : -1));
  for (const auto& loop : loops) loop->start();
  return std::unique_ptr<Front>(new Front(std::move(running)));
}

Front::Front(std::unique_ptr<Running> running) : running_(std::move(running)) {}

Front::~Front() { stop(); }

const Endpoint& Front::endpoint() const { return running_->endpoint; }

const Traffic& Front::traffic() const { return running_->shared.traffic; }

std::size_t Front::bytes_in_flight() const {
  return running_->shared.small.taken() + running_->shared.large.taken();
}

std::chrono::milliseconds Front::silence() const {
  auto last = std::chrono::steady_clock::now();
  for (const auto& loop : running_->shared.loops) last = std::min(last, loop->last_look());
  const auto of_loops = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - last);
  return std::max(of_loops, running_->shared.lane.silence());
}

void Front::stop() {
  FrontShared& shared = running_->shared;
  if (shared.stopping) return;
  // Who has connected already is served.
  for (;;) {
    const int socket =
        ::accept4(running_->listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      shared.loops.front()->adopt(socket);
    } else if (errno != EINTR && errno != ECONNABORTED) {
      break;
    }
  }
  ::shutdown(running_->listener, SHUT_RDWR);
  shared.stopping = true;
  for (const auto& loop : shared.loops) loop->wake();
  for (const auto& loop : shared.loops) loop->join();
}

}  // namespace stateward
