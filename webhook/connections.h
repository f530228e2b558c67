// The connections of one loop: the phase that each is in and since when, what epoll is asked about
// it, and the memory that it holds. webhook/loop.cpp opens with how they live.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "webhook/buffer.h"
#include "webhook/channel.h"
#include "webhook/front_shared.h"

namespace stateward {

struct Connection {
  Connection(int socket, SSL_CTX* context) : channel(socket, context) {}

  Channel channel;
  Phase phase = Phase::handshake;
  std::chrono::steady_clock::time_point since;  // when the phase began
  std::list<Connection>::iterator self;
  std::uint32_t watched = 0;  // events that epoll is asked for
  Buffer in;                  // of a request that has not come whole
  Share share;                // of what `in` holds
  std::size_t wanted = 0;     // bytes of the request under way; 0 while its head is not known
  std::string out;            // what is left of a reply
  bool closes = false;        // once the reply is written
  bool unheard = false;       // holds bytes that epoll does not know of
  LaterReply later;
  std::size_t discarded = 0;
};

// Whether requests are read in it.
bool reads(Phase phase);

class Connections {
 public:
  using Clock = std::chrono::steady_clock;

  Connections(FrontShared& shared, int epoll);

  // Thread safe: one more is about to begin here, or will not; how many there are, with those.
  void announce();
  void withdraw();
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

  // What was due is dropped, what has gone is freed. All that happens in a round happens at its
  // beginning.
  void begin_round(Clock::time_point now) { now_ = now; }
  void end_round();
  Clock::time_point now() const { return now_; }
  // When the next of them is due, if anything is before `latest`.
  Clock::time_point due(Clock::time_point latest) const;

  // One that was announced. It is forgotten where there is no memory for it.
  void begin(int socket) noexcept;
  void watch(Connection& connection, std::uint32_t events);
  void enter(Connection& connection, Phase phase);
  // Frees what a request needed.
  void release(Connection& connection);
  // Says goodbye, and lingers.
  void dismiss(Connection& connection);
  // Without a word. The socket is closed when this round is over.
  void drop(Connection& connection) noexcept;

  // Takes memory for a connection from `budget`, as much as makes `bytes` in all; whoever has been
  // slow for long makes room. False: there is none.
  bool take(Connection& connection, Budget& budget, std::size_t bytes);
  // Whether somebody who has been slow for long has been dropped.
  bool evict(const Connection* newcomer);

  // Nothing but we will remember that it holds bytes.
  void remember(Connection& connection);
  std::vector<Connection*> remembered();
  bool remembers() const { return !unheard_.empty(); }

  std::list<Connection>& in(Phase phase) { return phases_[static_cast<std::size_t>(phase)]; }
  const std::list<Connection>& in(Phase phase) const {
    return phases_[static_cast<std::size_t>(phase)];
  }

 private:
  void expire();
  Clock::duration limit_of(Phase phase) const;

  FrontShared& shared_;
  const int epoll_;
  Clock::time_point now_;                        // when this round began
  std::array<std::list<Connection>, 9> phases_;  // each in the order in which they entered it
  std::vector<Connection*> unheard_;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace stateward
