// Certificates and keys on disk, as text.
#pragma once

#include <filesystem>
#include <string>

#include "engine/result.h"

namespace stateward {

// The whole file; errors name it. What is larger than 1 MiB is no PEM file, and refused.
Result<std::string> read_pem_file(const std::filesystem::path& path);

}  // namespace stateward
