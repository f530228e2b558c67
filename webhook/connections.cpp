#include "webhook/connections.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace stateward {
namespace {

using namespace std::chrono_literals;

constexpr auto kSlow = 1s;          // who may be made to give way
constexpr auto kIdleAtTheEnd = 1s;  // for a request that is on its way while we stop
constexpr std::array kLimited = {Phase::handshake, Phase::idle,    Phase::head,
                                 Phase::body,      Phase::writing, Phase::lingering};

}  // namespace

bool reads(Phase phase) {
  return phase == Phase::idle || phase == Phase::head || phase == Phase::body;
}

Connections::Connections(FrontShared& shared, int epoll)
    : shared_(shared), epoll_(epoll), now_(Clock::now()) {}

void Connections::announce() {
  ++count_;
  ++shared_.connections;
}

void Connections::withdraw() {
  --count_;
  --shared_.connections;
}

void Connections::end_round() {
  expire();
  in(Phase::gone).clear();
}

Connections::Clock::time_point Connections::due(Clock::time_point latest) const {
  for (const Phase phase : kLimited) {
    if (!in(phase).empty()) latest = std::min(latest, in(phase).front().since + limit_of(phase));
  }
  return latest;
}

void Connections::begin(int socket) noexcept {
  auto& handshakes = in(Phase::handshake);
  try {
    handshakes.emplace_back(socket, shared_.context);
  } catch (...) {
    ::close(socket);
    return withdraw();
  }
  Connection& connection = handshakes.back();
  connection.self = std::prev(handshakes.end());
  connection.since = now_;
  ++shared_.traffic.connections[static_cast<std::size_t>(Phase::handshake)];
  if (shared_.context == nullptr) enter(connection, Phase::idle);
  watch(connection, EPOLLIN);
}

void Connections::watch(Connection& connection, std::uint32_t events) {
  if (events == connection.watched) return;
  const int operation = connection.watched == 0 ? EPOLL_CTL_ADD
                        : events == 0           ? EPOLL_CTL_DEL
                                                : EPOLL_CTL_MOD;
  epoll_event event{.events = events, .data = {.ptr = &connection}};
  ::epoll_ctl(epoll_, operation, connection.channel.socket(), &event);
  connection.watched = events;
}

void Connections::enter(Connection& connection, Phase phase) {
  in(phase).splice(in(phase).end(), in(connection.phase), connection.self);
  connection.since = now_;
  if (phase == connection.phase) return;
  --shared_.traffic.connections[static_cast<std::size_t>(connection.phase)];
  if (phase != Phase::gone) ++shared_.traffic.connections[static_cast<std::size_t>(phase)];
  connection.phase = phase;
}

void Connections::release(Connection& connection) {
  connection.in = Buffer();
  connection.share.reset();
}

void Connections::dismiss(Connection& connection) {
  connection.channel.end_writing();
  release(connection);
  watch(connection, EPOLLIN);
  enter(connection, Phase::lingering);
}

void Connections::drop(Connection& connection) noexcept {
  if (connection.phase == Phase::gone) return;
  if (connection.unheard) std::erase(unheard_, &connection);
  release(connection);
  enter(connection, Phase::gone);
  withdraw();
}

bool Connections::take(Connection& connection, Budget& budget, std::size_t bytes) {
  while (!connection.share.grow_to(budget, bytes)) {
    if (!evict(&connection)) return false;
  }
  return true;
}

bool Connections::evict(const Connection* newcomer) {
  for (const Phase phase : {Phase::lingering, Phase::handshake, Phase::head, Phase::body}) {
    for (Connection& slow : in(phase)) {
      if (slow.since + kSlow > now_) break;
      if (&slow == newcomer) continue;
      ++shared_.traffic.shed[static_cast<std::size_t>(Shed::evicted)];
      drop(slow);
      return true;
    }
  }
  return false;
}

void Connections::remember(Connection& connection) {
  if (!std::exchange(connection.unheard, true)) unheard_.push_back(&connection);
}

std::vector<Connection*> Connections::remembered() {
  for (Connection* connection : unheard_) connection->unheard = false;
  return std::exchange(unheard_, {});
}

Connections::Clock::duration Connections::limit_of(Phase phase) const {
  const FrontOptions& options = shared_.options;
  switch (phase) {
    case Phase::handshake:
      return options.handshake;
    case Phase::head:
      return options.head;
    case Phase::body:
      return options.body;
    case Phase::writing:
      return options.writing;
    case Phase::lingering:
      return options.lingering;
    default:
      return shared_.stopping ? std::min<Clock::duration>(options.idle, kIdleAtTheEnd)
                              : options.idle;
  }
}

void Connections::expire() {
  for (const Phase phase : kLimited) {
    while (!in(phase).empty() && in(phase).front().since + limit_of(phase) <= now_) {
      ++shared_.traffic.timeouts[static_cast<std::size_t>(phase)];
      Connection& late = in(phase).front();
      if (reads(phase)) {
        dismiss(late);
      } else {
        drop(late);
      }
    }
  }
}

}  // namespace stateward
