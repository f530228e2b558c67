// Takes new connections from a listener that epoll watches, and never gives up: what the system
// lacks now it may have later.
#pragma once

#include <chrono>
#include <functional>

#include "webhook/front_shared.h"

namespace stateward {

class Acceptor {
 public:
  using Clock = std::chrono::steady_clock;

  // A listener of -1 accepts nothing. epoll tells of it with the address of this object.
  Acceptor(FrontShared& shared, int listener, int epoll);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Hands over those that wait, some at a time; each is a socket that does not block.
  void accept_all(const std::function<void(int socket)>& hand_over);
  // Where accepting failed, tries it again when the time has come.
  void look_again(Clock::time_point now);
  // When that is, if it is before `latest`.
  Clock::time_point due(Clock::time_point latest) const;

 private:
  void pause();
  void resume();

  FrontShared& shared_;
  const int listener_;
  const int epoll_;
  bool accepts_ = false;
  Clock::time_point again_;
};

}  // namespace stateward
