// How the commands about certificates say times.
#pragma once

#include <chrono>
#include <string>

#include "certs/describe.h"

namespace stateward {

std::string text_of(std::chrono::sys_seconds time);  // "2027-01-31T00:00:00Z"

// "12 hours left", "expired 3 days ago".
std::string remaining(const CertificateDescription& certificate, std::chrono::sys_seconds when);

}  // namespace stateward
