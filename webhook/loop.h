// One thread of a front and the connections that are its own. webhook/loop.cpp opens with how they
// live.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>

#include "webhook/acceptor.h"
#include "webhook/buffer.h"
#include "webhook/connections.h"
#include "webhook/framing.h"
#include "webhook/mailbox.h"

namespace stateward {

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
  // One round, which waits at most so long for something to do: start() makes a thread for them;
  // who has not called it may drive the loop by hand.
  void turn(int milliseconds);

  // Thread safe.
  void adopt(int socket) noexcept;
  void wake() { mailbox_.ring(); }
  std::size_t connections() const { return connections_.count(); }
  std::chrono::steady_clock::time_point last_look() const { return looked_.load(); }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool is_over() const { return shared_.stopping && connections() == 0; }
  int patience() const;
  void place(int socket);
  void hear_others();

  template <typename Step>
  void guarded(Connection& connection, Step step) noexcept;
  void serve(Connection& connection);
  void shake_hands(Connection& connection);
  void read(Connection& connection);
  bool consume(Connection& connection, Buffer& in);
  bool first_look(Connection& connection, Buffer& in, const RequestHead& head);
  bool admit(Connection& connection, Buffer& in, const RequestHead& head);
  bool answer(Connection& connection, Buffer& in, const RequestHead& head);
  bool grow(Connection& connection);
  void keep_rest(Connection& connection);
  bool deliver(Connection& connection, Outcome outcome);
  bool send(Connection& connection);
  bool refuse(Connection& connection, HttpReply reply);
  bool shed(Connection& connection, Shed why);
  void shed_rest(Connection& connection);
  void go_on_writing(Connection& connection);
  void resume(Connection& connection);
  void linger(Connection& connection);

  void hand_over(Connection& connection);
  void ask_parked();

  FrontShared& shared_;
  const int epoll_;
  Acceptor acceptor_;
  Mailbox mailbox_;
  Connections connections_;
  Clock::time_point next_question_;  // to those that are parked
  Buffer scratch_;                   // what has just been read; empty between two
  std::string out_;                  // a reply that is being written
  std::atomic<Clock::time_point> looked_;
  std::thread thread_;
};

}  // namespace stateward
