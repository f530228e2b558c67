#include "cli/open_files.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace stateward {

Result<void> allow_open_files(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return fail("the limit of open files is not known");
  if (limit.rlim_cur >= wanted) return {};
  const rlimit raised{.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max),
                      .rlim_max = limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0 && raised.rlim_cur == wanted) return {};
  return fail(fmt::format("{} open files are wanted and {} allowed; raise the hard limit", wanted,
                          raised.rlim_cur));
}

}  // namespace stateward
