// From findings to the answer for one admission request (contract: deny, warn, audit).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/policy.h"

namespace stateward {

// Which registration asked: ordinary namespaces, those labelled stateward.dev/enforcement: warn
// (nothing is denied), or those labelled stateward.dev/guard: strict (the guarded actions).
enum class Enforcement : std::uint8_t { policy, observe, guard };

struct Decision {
  bool allowed = true;
  int code = 200;      // 403 where a policy denies
  std::string reason;  // "Forbidden"
  std::string
      message;  // of a denial: every denying finding with policy, place and remedy, at most 1 KiB
  std::vector<std::string>
      warnings;  // at most 10, each at most 120 characters, without control characters
  std::vector<std::pair<std::string, std::string>>
      audit;  // annotation key (RFC 1123 subset, <= 63) and value
};

// The action that holds for `finding` there: the ratchet turns a denial into a warning, an
// exemption into an audit note.
EnforcementAction action_of(const Finding& finding, Enforcement enforcement);

// Findings that follow from others are passed over.
Decision decide(std::span<const Finding> findings, Enforcement enforcement);

// `text` cut to `limit` bytes at a code point's border, with control characters replaced by spaces.
std::string printable(std::string_view text, std::size_t limit);

}  // namespace stateward
