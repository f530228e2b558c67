// Our own authority: a key and a certificate that sign serving certificates, made in memory.
// Nothing here reads a clock or a file; times are arguments. All keys are P-256.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "certs/identity.h"
#include "engine/result.h"

namespace stateward {

// Certificates hold from long before they are made: who signs may have a clock that runs ahead, and
// is to be believed by API servers whose clocks are right.
inline constexpr std::chrono::hours kBackdated{30 * 24};
inline constexpr std::chrono::hours kAuthorityLife{365 * 24};
inline constexpr std::chrono::hours kServingLife{7 * 24};

struct Authority {
  std::string certificate;  // PEM, what goes into a caBundle
  std::string key;          // PEM
};

// A new self-signed authority that may sign serving certificates and no further authority (pathlen
// 0). With permitted DNS names it may sign for them and what lies below them, and for no other name
// and no address: critical name constraints (RFC 5280 section 4.2.1.10), so that its key, stolen,
// impersonates nobody else. Without, for anything.
Result<Authority> make_authority(std::chrono::sys_seconds now,
                                 std::span<const std::string> permitted_names = {},
                                 std::chrono::seconds life = kAuthorityLife);

// A new key and its certificate for servers of these names: DNS names, or IP addresses as text.
// There must be one, and the authority must permit them all. Serials are random, 128 bits. The
// certificate ends with its authority at the latest.
Result<Identity> issue(const Authority& authority, std::span<const std::string> names,
                       std::chrono::sys_seconds now, std::chrono::seconds life = kServingLife);

}  // namespace stateward
