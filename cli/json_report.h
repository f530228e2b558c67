// The report for programs, one JSON object, stable and always valid:
//   {"schema": "stateward.dev/report/v1",
//    "findings": [{"policy", "severity": "info" | "low" | "medium" | "high" | "critical",
//      "action": "deny" | "warn" | "audit", "object": {"apiVersion", "kind", "namespace", "name"},
//      "path": JSON Pointer in the object,
//      "location": {"file", "line", "column", "endLine", "endColumn"} | null, "message", "remedy",
//      "fix": {"applicability": "safe" | "unsafe", "patch": RFC 6902, of the object} | null,
//      "exemption": {"reason", "until": "2027-01-31" | null} | null}],
//    "diagnostics": [{"severity": "error" | "note", "location", "message"}],
//    "skipped": [{"policy", "object", "reason"}],
//    "summary": {"namespaces", "files", "documents", "ignored", "objects",
//      "findings": {"deny", "warn", "audit"}, "hidden", "exempted"}}
// Lines and columns count from 1, columns in code points, the end is exclusive. "findings" holds
// what is shown; the summary counts what is hidden too. Of a live cluster there are no locations,
// and only then "namespaces" is there. Each entry stands on a line of its own and
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
  std::string diagnostics_;  // the two lists that come behind the findings, as JSON already
  std::string skipped_;
};

}  // namespace stateward
