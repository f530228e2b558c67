#include "webhook/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace stateward {

Mailbox::Mailbox() : bell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Mailbox::~Mailbox() {
  for (const int socket : content_.sockets) ::close(socket);
  ::close(bell_);
}

void Mailbox::ring() {
  ::eventfd_write(bell_, 1);
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
  eventfd_t rings = 0;
  ::eventfd_read(bell_, &rings);
  const std::lock_guard lock(mutex_);
  return std::exchange(content_, {});
}

}  // namespace stateward
