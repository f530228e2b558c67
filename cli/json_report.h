// The report for programs, `stateward.dev/report/v1`, stable:
//   {"schema", "findings": [{"policy", "severity", "action", "object": {"apiVersion", "kind",
//   "namespace", "name"},
//     "path" (a JSON Pointer in the object), "location": {"file", "line", "column", "endLine",
//     "endColumn"}, "message", "remedy", "fix": {"applicability": "safe" | "unsafe", "patch" (RFC
//     6902, against the object)} | null, "exemption": {"reason", "until" | null} | null}],
//    "diagnostics": [{"severity": "error" | "note", "location", "message"}],
//    "skipped": [{"policy", "object", "reason"}],
//    "summary": {"files", "documents", "ignored", "objects", "findings": {"deny", "warn", "audit"},
//    "hidden", "exempted"}}
// Lines and columns count from 1, columns in code points, the end is exclusive. Findings are
// written as they come.
#pragma once

#include <ostream>
#include <string>

#include "cli/report.h"

namespace stateward {

class JsonReport : public ReportWriter {
 public:
  explicit JsonReport(std::ostream& out);
  void add(const JudgedSet& set) override;
  void finish(const Summary& summary) override;

 private:
  std::ostream& out_;
  bool first_ = true;
  std::string diagnostics_;  // the two lists that come behind the findings, as JSON already
  std::string skipped_;
};

}  // namespace stateward
