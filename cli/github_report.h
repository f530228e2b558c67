// Workflow commands, which GitHub's runner turns into annotations of the pull request: ::error for
// what is denied, and for documents that cannot be read, ::warning for what warns, ::notice for the
// rest. One a line. Text of others cannot end a command or begin one.
#pragma once

#include <ostream>
#include <string>

#include "cli/report.h"

namespace stateward {

class GithubReport : public ReportWriter {
 public:
  explicit GithubReport(std::ostream& out) : out_(out) {}
  void add(const JudgedSet& set) override;
  void add(const Diagnostic& diagnostic) override;
  void finish(const Summary& summary) override;

 private:
  void write(std::string_view level, const RepositoryPlace& place, std::string_view title,
             const std::string& message);

  std::ostream& out_;
  std::map<std::string_view, std::size_t> written_;  // by level
};

}  // namespace stateward
