// JUnit's XML, for CI servers' test pages: a suite for each file (of a live cluster, each
// namespace), a passing case for each object without findings, a case for each finding. What fails
// the run is a failure, or an error where a document could not be read; an exempted finding is
// skipped; all else passes, with its text. Names hold no line numbers, so they stay what they are
// when files are edited. No times: a run says the same twice.
#pragma once

#include <map>
#include <ostream>
#include <string>

#include "cli/report.h"

namespace stateward {

class JunitReport : public ReportWriter {
 public:
  // Findings with `fail_on` or a stricter action are failures; off: none are.
  JunitReport(std::ostream& out, EnforcementAction fail_on);
  void add(const JudgedSet& set) override;
  void add(const Diagnostic& diagnostic) override;
  void finish(const Summary& summary) override;

 private:
  struct Suite {
    std::string name;
    std::string cases;
    std::map<std::string, std::size_t> names;  // how often each is there already
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::size_t errors = 0;
    std::size_t skipped = 0;
  };

  // Begins a case of that name, or of a further one where the suite has it already.
  static void open(Suite& suite, const std::string& name);
  void add(Suite& suite, const JudgedSet& set, const PlacedFinding& placed) const;
  static void add(Suite& suite, const Diagnostic& diagnostic);
  void write(const Suite& suite);

  std::ostream& out_;
  EnforcementAction fail_on_;
  Suite run_{.name = "stateward"};  // trouble that belongs to no file
};

}  // namespace stateward
