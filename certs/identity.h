// What a TLS server shows of itself: a certificate chain and its private key, as PEM text. An
// Identity is checked when it is made: the key belongs to the first certificate, and that one has
// not expired.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "engine/result.h"

namespace stateward {

struct Identity {
  std::string chain;  // the serving certificate first, then those that lead to its authority
  std::string key;
  std::chrono::sys_seconds not_after;  // of the serving certificate
};

// Errors name the file and say what to do.
Result<Identity> load_identity(const std::filesystem::path& chain, const std::filesystem::path& key,
                               std::chrono::sys_seconds now);

}  // namespace stateward
