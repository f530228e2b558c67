// What other threads bring to a loop, and the bell that wakes it. Thread safe.
#pragma once

#include <mutex>
#include <vector>

#include "webhook/connections.h"

namespace stateward {

class Mailbox {
 public:
  // A connection whose large request has been judged, and the reply.
  struct Finished {
    Connection* connection = nullptr;
    Outcome outcome;
  };
  struct Content {
    std::vector<int> sockets;  // that another loop has accepted
    std::vector<Finished> finished;
  };

  Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();  // closes the sockets that nobody took

  int bell() const { return bell_; }  // readable where something has come
  void ring();
  void bring(int socket);
  void bring(Finished finished);
  // All that is there; the bell is silent again.
  Content take();

 private:
  const int bell_;
  std::mutex mutex_;
  Content content_;  // guarded by mutex_
};

}  // namespace stateward
