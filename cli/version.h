// `stateward version`.
#pragma once

#include <string_view>

namespace stateward {

struct VersionOptions {};

std::string_view version();
int run(const VersionOptions& options);

}  // namespace stateward
