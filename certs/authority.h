// Our own authority: a key and a certificate that sign serving certificates, made in memory.
// Nothing here reads a clock or a file; times are arguments. All keys are P-256.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "certs/identity.h"
#include "engine/result.h"

namespace stateward {

// Certificates hold from a little before they are made: clocks differ.
inline constexpr std::chrono::minutes kBackdated{5};
inline constexpr std::chrono::hours kAuthorityLife{365 * 24};
inline constexpr std::chrono::hours kServingLife{7 * 24};

struct Authority {
  std::string certificate;  // PEM, what goes into a caBundle
  std::string key;          // PEM
};

// A new self-signed authority that may sign serving certificates and no further authority (pathlen
// 0).
Result<Authority> make_authority(std::chrono::sys_seconds now,
                                 std::chrono::seconds life = kAuthorityLife);

// A new key and its certificate for servers of these names: DNS names, or IP addresses as text.
// There must be one. Serials are random, 128 bits.
Result<Identity> issue(const Authority& authority, std::span<const std::string> names,
                       std::chrono::sys_seconds now, std::chrono::seconds life = kServingLife);

}  // namespace stateward
