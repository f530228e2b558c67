// Looks an installation over, as a person would who wonders whether it works: what is there, what
// of it is ready, and whether the API server really comes through to the webhook. Changes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/api_client.h"

namespace stateward {

enum class Health : std::uint8_t { ok, warn, fail };

struct Checkup {
  Health health = Health::ok;
  std::string subject;  // one or two words: "webhook"
  std::string message;  // one clause
  std::string remedy;   // what to do, where it is not ok
};

struct CheckupOptions {
  std::string name_space;    // of the installation
  std::string try_in;        // a namespace in which a set is created, as a dry run
  std::string_view version;  // ours
  std::chrono::sys_seconds now;
};

// In an order in which it is of use to read: what comes first may explain what follows. An error
// where the API server does not answer, or does not know us.
ApiResult<std::vector<Checkup>> check_up(ApiClient& client, const CheckupOptions& options);

}  // namespace stateward
