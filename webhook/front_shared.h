// What the loops of one front have together.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "webhook/budget.h"
#include "webhook/front.h"
#include "webhook/lane.h"

namespace stateward {

class Loop;

struct FrontShared {
  FrontShared(const FrontOptions& front_options, SSL_CTX* front_context, Dispatch front_dispatch);
  ~FrontShared();

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

}  // namespace stateward
