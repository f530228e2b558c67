// What is known of images by their repository's last part ("postgres" of
// registry/library/postgres:16): data with its reasons. Hints only: a container that overrides
// `command` is not what its image says, and none applies to it.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/workload.h"

namespace stateward {

struct KnownImage {
  std::string_view repository;      // the last part of the repository
  std::string_view data_path;       // where it keeps its data; empty: unknown
  bool peers_before_ready = false;  // members must find each other before one is ready
  bool inject_readiness =
      true;  // false: an open port comes late, or means less than readiness does
  std::string_view reason;
};

// nullptr where the image is unknown or the container overrides its command.
const KnownImage* known_image(const Container& container);

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
