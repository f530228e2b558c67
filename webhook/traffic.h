// What a front has done and is doing, as numbers that anybody may read at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stateward {

// Where a connection stands.
enum class Phase : std::uint8_t {
  handshake,
  idle,       // between two requests
  head,       // the first bytes of a request are there, but not all of its head
  body,       // the head is, but not all of the body
  judging,    // a large one, by the lane
  parked,     // the reply waits for the inventory
  writing,    // a reply that the other side is slow to take
  lingering,  // nothing will be written any more; what still comes is thrown away
  gone,
};
inline constexpr std::array<std::string_view, 8> kPhases = {
    "handshake", "idle", "head", "body", "judging", "parked", "writing", "lingering"};

// Why somebody was sent away with 503, or without a word.
enum class Shed : std::uint8_t {
  connections,  // there are as many as there may be
  bytes,        // their bodies take as much memory as they may
  lag,          // it has waited too long already
  evicted,      // was slow, and made room for another
};
inline constexpr std::array<std::string_view, 4> kSheds = {"connections", "bytes", "lag",
                                                           "evicted"};

struct Traffic {
  using Count = std::atomic<std::uint64_t>;

  std::array<std::atomic<std::int64_t>, kPhases.size()> connections{};  // by Phase
  Count accepted = 0;
  Count accept_failures = 0;
  Count handshakes = 0;
  Count handshake_failures = 0;
  Count malformed = 0;                           // heads that are none
  std::array<Count, kPhases.size()> timeouts{};  // by Phase
  std::array<Count, kSheds.size()> shed{};       // by Shed
};

}  // namespace stateward
