#include "cli/report_output.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <set>
#include <utility>

#include "cli/github_report.h"
#include "cli/gitlab_report.h"
#include "cli/json_report.h"
#include "cli/junit_report.h"
#include "cli/markdown_report.h"
#include "cli/sarif_report.h"
#include "cli/text_report.h"

namespace stateward {
namespace {

namespace fs = std::filesystem;
using Format = ReportOptions::Format;

bool use_color(ReportOptions::Color color, bool standard_output) {
  if (color != ReportOptions::Color::automatic) return color == ReportOptions::Color::always;
  const char* no_color = std::getenv("NO_COLOR");
  return standard_output && isatty(STDOUT_FILENO) == 1 &&
         (no_color == nullptr || *no_color == '\0');
}

std::unique_ptr<ReportWriter> writer(Format format, std::ostream& out, const ReportOptions& options,
                                     std::span<const Policy* const> policies) {
  switch (format) {
    case Format::text:
      return std::make_unique<TextReport>(out, use_color(options.color, &out == &std::cout));
    case Format::json:
      return std::make_unique<JsonReport>(out);
    case Format::sarif:
      return std::make_unique<SarifReport>(out, policies);
    case Format::junit:
      return std::make_unique<JunitReport>(out, options.fail_on);
    case Format::github:
      return std::make_unique<GithubReport>(out);
    case Format::gitlab:
      return std::make_unique<GitlabReport>(out);
    case Format::markdown:
      return std::make_unique<MarkdownReport>(out);
  }
  return nullptr;
}

fs::path same_for_all_spellings(const std::string& file) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(fs::absolute(file, error), error);
  return error ? fs::path(file) : canonical;
}

}  // namespace

Result<std::unique_ptr<Reports>> Reports::open(const ReportOptions& options,
                                               std::span<const Policy* const> policies) {
  std::unique_ptr<Reports> reports(new Reports);
  Format on_standard_output = Format::text;
  std::set<fs::path> named;
  for (const ReportOptions::Output& output : options.outputs) {
    if (output.file.empty()) {
      on_standard_output = output.format;
      continue;
    }
    const fs::path file_itself = same_for_all_spellings(output.file);
    if (!options.baseline.empty() && file_itself == same_for_all_spellings(options.baseline))
      return fail(fmt::format("a report would replace baseline {}", options.baseline));
    if (!named.insert(file_itself).second)
      return fail(fmt::format("two reports for {}", output.file));
    auto file = WholeFile::open(output.file);
    if (!file) return tl::unexpected(file.error());
    reports->writers_.push_back(writer(output.format, (*file)->out(), options, policies));
    reports->files_.push_back(std::move(*file));
  }
  reports->writers_.push_back(writer(on_standard_output, std::cout, options, policies));
  return reports;
}

void Reports::add(const JudgedSet& set) {
  for (const auto& one : writers_) one->add(set);
}

void Reports::add(const Diagnostic& diagnostic) {
  for (const auto& one : writers_) one->add(diagnostic);
}

void Reports::finish(const Summary& summary) {
  for (const auto& one : writers_) one->finish(summary);
}

Result<void> Reports::keep() {
  if (!std::cout.flush()) return fail("the report cannot be written to standard output");
  for (const auto& file : files_) {
    if (auto kept = file->keep(); !kept) return kept;
  }
  return {};
}

}  // namespace stateward
