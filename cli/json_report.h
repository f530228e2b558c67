// The report for programs, one JSON object, stable and always valid; docs/schema/report-v1.json
// describes it. Lines and columns count from 1, columns in code points, the end is exclusive.
// "findings" holds what is shown; the summary counts what is hidden too. Of a live cluster there
// are no locations, and only then "namespaces" is there. Each entry stands on a line of its own and
// findings are written as they come. Everything beyond ASCII is escaped.
#pragma once

#include <ostream>
#include <string>

#include "cli/report.h"

namespace stateward {

class JsonReport : public ReportWriter {
 public:
  explicit JsonReport(std::ostream& out);
  void add(const JudgedSet& set) override;
  void add(const Diagnostic& diagnostic) override;
  void finish(const Summary& summary) override;

 private:
  std::ostream& out_;
  bool first_ = true;
  std::string diagnostics_;  // as JSON already; they come behind the findings
};

}  // namespace stateward
