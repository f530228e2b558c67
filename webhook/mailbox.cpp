#include "webhook/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace stateward {

Mailbox::Mailbox() : bell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Mailbox::~Mailbox() {
  for (const int socket : content_.sockets) ::close(socket);
  ::close(bell_);
}

void Mailbox::ring() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(bell_, &one, sizeof(one)));
}

void Mailbox::bring(int socket) {
  {
    const std::lock_guard lock(mutex_);
    content_.sockets.push_back(socket);
  }
  ring();
}

void Mailbox::bring(Finished finished) {
  {
    const std::lock_guard lock(mutex_);
    content_.finished.push_back(std::move(finished));
  }
  ring();
}

Mailbox::Content Mailbox::take() {
  std::uint64_t rings = 0;
  static_cast<void>(::read(bell_, &rings, sizeof(rings)));
  const std::lock_guard lock(mutex_);
  return std::exchange(content_, {});
}

}  // namespace stateward
