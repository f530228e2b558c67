// One thread of a front and the connections that are its own. webhook/loop.cpp opens with how they
// live.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "webhook/budget.h"
#include "webhook/buffer.h"
#include "webhook/channel.h"
#include "webhook/framing.h"
#include "webhook/front.h"
#include "webhook/lane.h"

namespace stateward {

class Loop;

// What the loops of one front have together.
struct FrontShared {
  FrontShared(const FrontOptions& front_options, SSL_CTX* front_context, Dispatch front_dispatch)
      : options(front_options),
        context(front_context),
        dispatch(std::move(front_dispatch)),
        small(options.small_bytes),
        large(options.large_bytes) {}

  const FrontOptions options;
  SSL_CTX* const context;  // absent: no TLS
  const Dispatch dispatch;
  Traffic traffic;
  Budget small;
  Budget large;
  std::atomic<std::size_t> connections = 0;
  std::atomic<bool> stopping = false;
  Lane lane;
  std::vector<std::unique_ptr<Loop>> loops;
};

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

class Loop {
 public:
  // With a listener (-1: none) it accepts for all.
  Loop(FrontShared& shared, int listener);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Begins, once all loops are there.
  void start();
  // Returns when the front is stopping and the last connection is gone.
  void join() { thread_.join(); }

  // Thread safe.
  void adopt(int socket);
  void wake();
  std::size_t connections() const { return count_.load(std::memory_order_relaxed); }
  std::chrono::steady_clock::time_point last_look() const { return looked_.load(); }

 private:
  using Clock = std::chrono::steady_clock;
  // A connection whose large request has been judged, and the reply.
  struct Finished {
    Connection* connection = nullptr;
    Outcome outcome;
  };

  void run();
  void count();
  bool is_over() const;
  int patience() const;
  void hear_others();
  void finish(Connection& connection, Outcome outcome);

  void accept_all();
  void pause_accepting();
  void resume_accepting();
  void place(int socket);
  void begin(int socket);

  void serve(Connection& connection);
  void shake_hands(Connection& connection);
  void read(Connection& connection);
  bool consume(Connection& connection, Buffer& in);
  bool first_look(Connection& connection, Buffer& in, const RequestHead& head);
  bool admit(Connection& connection, Buffer& in, const RequestHead& head);
  bool answer(Connection& connection, Buffer& in, const RequestHead& head);
  bool grow(Connection& connection);
  bool take(Connection& connection, Budget& budget, std::size_t bytes);
  void keep_rest(Connection& connection);
  bool deliver(Connection& connection, Outcome outcome);
  bool send(Connection& connection);
  bool refuse(Connection& connection, HttpReply reply);
  bool shed(Connection& connection, Shed why);
  void go_on_writing(Connection& connection);
  void resume(Connection& connection);
  void linger(Connection& connection);

  void hand_over(Connection& connection);
  void ask_parked();
  void expire();
  bool evict(const Connection* newcomer);

  void watch(Connection& connection, std::uint32_t events);
  void enter(Connection& connection, Phase phase);
  void release(Connection& connection);
  void dismiss(Connection& connection);
  void drop(Connection& connection);
  std::list<Connection>& in(Phase phase) { return phases_[static_cast<std::size_t>(phase)]; }
  const std::list<Connection>& in(Phase phase) const {
    return phases_[static_cast<std::size_t>(phase)];
  }
  Clock::duration limit_of(Phase phase) const;

  FrontShared& shared_;
  int listener_;
  int epoll_;
  int bell_;  // rings when others have something for us
  bool accepts_ = false;
  Clock::time_point accepts_again_;
  Clock::time_point now_;                        // when this round began
  std::array<std::list<Connection>, 9> phases_;  // each in the order in which they entered it
  Clock::time_point next_question_;              // to those that are parked
  std::vector<Connection*> unheard_;
  Buffer scratch_;   // what has just been read; empty between two
  std::string out_;  // a reply that is being written
  std::atomic<std::size_t> count_ = 0;
  std::atomic<Clock::time_point> looked_;
  std::mutex mutex_;  // guards what others bring
  std::vector<int> adopted_;
  std::vector<Finished> finished_;
  std::thread thread_;
};

}  // namespace stateward
