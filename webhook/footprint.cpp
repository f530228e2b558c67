#include "webhook/footprint.h"

#include <algorithm>

#include "webhook/framing.h"

namespace stateward {

std::size_t footprint(const FrontOptions& options, bool tls) {
  const std::size_t small_body = std::min(options.largest_body, kSmallRequest);
  const std::size_t small =
      std::min(options.small_bytes, options.connections * (small_body + kLargestHead));
  const bool any_large = options.largest_body > kSmallRequest;
  // The lane judges one at a time; each loop reads into a buffer of its own and judges from there.
  const std::size_t large = any_large ? options.large_bytes + options.largest_body * kJudged : 0;
  const std::size_t loop = 2 * kSmallRequest + small_body * kSmallJudged;
  return small + large + options.threads * loop +
         options.connections * (tls ? kTlsConnection : kPlainConnection);
}

}  // namespace stateward
