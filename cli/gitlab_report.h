// GitLab's code quality report: one JSON array. The place is the file and line; in a live cluster
// the object's full name and line 1, since a place must be there. Severities are GitLab's words for
// ours, one for one; exempted findings are info. Trouble that belongs to no file is left out.
#pragma once

#include <ostream>
#include <string>

#include "cli/report.h"

namespace stateward {

class GitlabReport : public ReportWriter {
 public:
  explicit GitlabReport(std::ostream& out) : out_(out) { out_ << '['; }
  void add(const JudgedSet& set) override;
  void add(const Diagnostic&) override {}
  void finish(const Summary&) override { out_ << "\n]\n"; }

 private:
  struct Issue {
    std::string_view check;
    std::string_view severity;
    std::string description;
    std::string fingerprint;
    std::string path;
    Span span;
  };
  void write(const Issue& issue);

  std::ostream& out_;
  bool first_ = true;
};

}  // namespace stateward
