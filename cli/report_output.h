// Where the reports of one run go: one to standard output, any number of others to files.
#pragma once

#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/judging.h"
#include "cli/report.h"
#include "cli/whole_file.h"
#include "engine/result.h"

namespace stateward {

// Every report of a run, as one.
class Reports : public ReportWriter {
 public:
  // Opens all files. The error names one that cannot be written.
  static Result<std::unique_ptr<Reports>> open(const ReportOptions& options,
                                               std::span<const Policy* const> policies);

  void add(const JudgedSet& set) override;
  void add(const Diagnostic& diagnostic) override;
  void finish(const Summary& summary) override;
  // After finish(): the files are there, or the error names one that is not.
  Result<void> keep();

 private:
  Reports() = default;

  std::vector<std::unique_ptr<WholeFile>> files_;
  std::vector<std::unique_ptr<ReportWriter>> writers_;
};

}  // namespace stateward
