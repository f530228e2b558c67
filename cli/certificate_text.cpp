#include "cli/certificate_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace stateward {

std::string text_of(std::chrono::sys_seconds time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time);
}

std::string remaining(const CertificateDescription& certificate, std::chrono::sys_seconds when) {
  const auto days = [](auto time) { return std::chrono::floor<std::chrono::days>(time).count(); };
  if (when < certificate.not_before) return "not valid yet";
  if (certificate.not_after <= when)
    return fmt::format("expired {} days ago", days(when - certificate.not_after));
  const auto left = certificate.not_after - when;
  if (left < std::chrono::days(2))
    return fmt::format("{} hours left", std::chrono::floor<std::chrono::hours>(left).count());
  return fmt::format("{} days left", std::chrono::round<std::chrono::days>(left).count());
}

}  // namespace stateward
