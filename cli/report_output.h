// Where the reports of one run go: one to standard output, any number of others to files.
#pragma once

#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/judging.h"
#include "cli/report.h"
#include "engine/result.h"

namespace stateward {

// A file that is there as a whole or not at all: written beside its place, under a hidden name, and
// moved there by keep(). Without that nothing is left of it. What is no regular file (/dev/null, a
// pipe) is written to directly.
class WholeFile {
 public:
  static Result<std::unique_ptr<WholeFile>> open(const std::string& path);
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  ~WholeFile();

  std::ostream& out() { return out_; }
  Result<void> keep();

 private:
  explicit WholeFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::string beside_;  // empty where it is written to directly
  std::ofstream out_;
};

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
