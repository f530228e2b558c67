#include "cli/version.h"

#include <iostream>

namespace stateward {

std::string_view version() { return STATEWARD_VERSION; }

int run(const VersionOptions&) {
  std::cout << "stateward " << version() << '\n';
  return 0;
}

}  // namespace stateward
