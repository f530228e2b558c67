// The report for a comment on a pull request, or a job's summary: what denies first, the same
// mistake at several places said once. Whatever the run finds, it is no longer than such a comment
// may be; what does not fit is counted.
#pragma once

#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/finding_groups.h"
#include "cli/report.h"

namespace stateward {

class MarkdownReport : public ReportWriter {
 public:
  explicit MarkdownReport(std::ostream& out) : out_(out) {}
  void add(const JudgedSet& set) override;
  void add(const Diagnostic& diagnostic) override;
  void finish(const Summary& summary) override;

 private:
  struct Entry {
    std::string text;
    std::size_t findings = 1;
  };
  // Keeps entries as long as they could be printed.
  struct Section {
    std::string_view title;
    std::vector<Entry> entries;
    std::size_t size = 0;
    std::size_t left_out = 0;

    void add(Entry entry);
  };

  std::ostream& out_;
  std::array<Section, 5> sections_ = {
      {{"Cannot be read"}, {"Denied"}, {"Warnings"}, {"Audited"}, {"Notes"}}};
};

}  // namespace stateward
