#include "webhook/acceptor.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace stateward {
namespace {

using namespace std::chrono_literals;

constexpr int kInATurn = 64;
constexpr auto kWithoutDescriptors = 100ms;  // until accepting is tried again

}  // namespace

Acceptor::Acceptor(FrontShared& shared, int listener, int epoll)
    : shared_(shared), listener_(listener), epoll_(epoll) {
  resume();
}

void Acceptor::accept_all(const std::function<void(int socket)>& hand_over) {
  for (int i = 0; i < kInATurn && accepts_; ++i) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      ++shared_.traffic.accepted;
      hand_over(socket);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      shared_.traffic.accept_failures += shared_.stopping ? 0 : 1;
      pause();
    }
  }
}

void Acceptor::look_again(Clock::time_point now) {
  if (!accepts_ && now >= again_) resume();
}

Acceptor::Clock::time_point Acceptor::due(Clock::time_point latest) const {
  const bool paused = listener_ >= 0 && !accepts_ && !shared_.stopping;
  return paused ? std::min(latest, again_) : latest;
}

// The listener would be reported as ready for ever.
void Acceptor::pause() {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, listener_, nullptr);
  accepts_ = false;
  again_ = Clock::now() + kWithoutDescriptors;
}

void Acceptor::resume() {
  if (listener_ < 0 || shared_.stopping) return;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = this}};
  accepts_ = ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) == 0;
  if (!accepts_) again_ = Clock::now() + kWithoutDescriptors;
}

}  // namespace stateward
