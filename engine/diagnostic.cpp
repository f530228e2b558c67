#include "engine/diagnostic.h"

#include <fmt/format.h>

namespace stateward {

std::string lines_of(const std::vector<Diagnostic>& problems) {
  std::string lines;
  for (const Diagnostic& problem : problems) {
    lines += fmt::format("{}{}:{}:{}: {}", lines.empty() ? "" : "\n", problem.file,
                         problem.span.start.line, problem.span.start.column, problem.message);
  }
  return lines;
}

}  // namespace stateward
