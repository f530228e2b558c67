// What is known of images by their repository's last part ("postgres" of
// registry/library/postgres:16): data with its reasons. Hints only: a container that overrides
// `command` is not what its image says, and none applies to it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/workload.h"

namespace stateward {

// What must be up for the whole to go on.
enum class Majority : std::uint8_t {
  none,    // a leader, or each member, serves by itself
  copies,  // a majority of the copies of what they keep; members may be even in number
  votes,   // a majority of the members, each with one vote
};

struct KnownImage {
  std::array<std::string_view, 3> repositories;  // the last part of each; empty ones name none
  std::array<std::string_view, 2> data_paths;    // where it may keep its data; empty ones: none
  bool maybe_cache = false;                      // as often as not what it holds may go at any time
  bool may_keep_nothing = false;    // some run it with its data elsewhere, or without any
  bool peers_before_ready = false;  // members must find each other before one is ready
  Majority majority = Majority::none;
  bool stops_slowly = false;     // a clean end writes memory to disk or hands work over first
  bool takes_on_delete = false;  // its own installation replaces members by hand, in an order
  bool inject_readiness =
      true;                   // false: an open port comes late, or means less than readiness does
  std::string_view liveness;  // what a liveness probe may ask; empty: better none
  std::string_view reason;
  std::string_view source;  // where the row was checked
};

// nullptr where the image is unknown or the container overrides its command.
const KnownImage* known_image(const Container& container);
// The same whatever command the container runs: for silence, never for a finding.
const KnownImage* known_repository(const Container& container);

// What a probe may ask that one member alone cannot answer: at its first start, or once all members
// were down and keep what they know of each other.
struct PeerQuestion {
  std::string_view text;         // stands in the probe's command or path
  std::string_view unless;       // but not with this beside it; empty: always
  std::string_view also;         // only with this beside it, too; empty: always
  std::string_view repository;   // of this image only, whatever it runs; empty: of any
  std::string_view environment;  // only where a variable's name ends so; empty: always
  bool with_claims = false;      // only of sets that have claims of their own
  std::string_view asks;         // "what it asks", for a message: "for the cluster's health"
  std::string_view source;
};
// nullptr where `probe`, one of the container's, asks nothing of the kind.
const PeerQuestion* peer_question(const Container& container, const Probe& probe, bool has_claims);

// Containers that are put beside an application (service meshes, log and backup agents, config
// reloaders): they answer for no data and need no readiness probe of their own. By container name
// or image.
bool is_helper_container(const Container& container);

// Port names by which clients find a server ("http", "grpc-*", "postgresql"): a probe may knock
// there.
bool is_client_port_name(std::string_view name);

// The last part of the repository: "postgres" of "registry:5000/library/postgres:16@sha256:...".
std::string_view image_repository(std::string_view image);

}  // namespace stateward
