#include "cli/junit_report.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "cli/finding_groups.h"
#include "cli/xml_text.h"
#include "engine/location.h"

namespace stateward {
namespace {

std::string case_name(const Object& object) {
  return fmt::format("{} {}/{}", object.kind_name, object.name_space, object.name);
}

std::string case_name(const Finding& finding) {
  const std::string path = named_path(finding.object->node, finding.path);
  return fmt::format("{}: {}{}{}", case_name(*finding.object), finding.policy->id,
                     path.empty() ? "" : " at ", path);
}

// All that is known of it, for pages that show nothing else.
std::string body_of(const JudgedSet& set, const PlacedFinding& placed) {
  const Finding& finding = placed.finding;
  std::string place = full_name(*finding.object);
  if (set.manifests != nullptr) {
    place = fmt::format("{}:{}:{}", file_of(set, *finding.object), placed.place.start.line,
                        placed.place.start.column);
  }
  const std::string_view made_from = template_of(set, *finding.object);
  return fmt::format("{}: {}: {} [{}]\n{}{}{}remedy: {}\n", place,
                     to_string(action_of(finding, set.enforcement)), finding.message,
                     finding.policy->id, made_from.empty() ? "" : "from ", made_from,
                     made_from.empty() ? "" : "\n", finding.remedy);
}

}  // namespace

JunitReport::JunitReport(std::ostream& out, EnforcementAction fail_on)
    : out_(out), fail_on_(fail_on) {
  out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stateward\">\n";
}

void JunitReport::open(Suite& suite, const std::string& name) {
  const std::size_t before = suite.names[name]++;
  ++suite.tests;
  suite.cases += fmt::format("    <testcase classname=\"{}\" name=\"{}{}\"", xml_text(suite.name),
                             xml_text(name), before > 0 ? fmt::format(" ({})", before + 1) : "");
}

void JunitReport::add(Suite& suite, const JudgedSet& set, const PlacedFinding& placed) const {
  const Finding& finding = placed.finding;
  const std::string body = xml_text(body_of(set, placed));
  const bool fails =
      fail_on_ != EnforcementAction::off && action_of(finding, set.enforcement) >= fail_on_;
  open(suite, case_name(finding));
  if (fails) {
    ++suite.failures;
    suite.cases += fmt::format(">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                               xml_text(finding.policy->id), xml_text(finding.message), body);
  } else if (finding.exemption) {
    ++suite.skipped;
    suite.cases += fmt::format(">\n      <skipped message=\"{}\">{}</skipped>\n",
                               xml_text(exempt_text(*finding.exemption)), body);
  } else {
    suite.cases += fmt::format(">\n      <system-out>{}</system-out>\n", body);
  }
  suite.cases += "    </testcase>\n";
}

void JunitReport::add(Suite& suite, const Diagnostic& diagnostic) {
  if (diagnostic.severity != Diagnostic::Severity::error) return;
  const Position& start = diagnostic.span.start;
  const std::string place = diagnostic.file.empty() ? ""
                                                    : fmt::format("{}:{}:{}: ", diagnostic.file,
                                                                  start.line, start.column);
  ++suite.errors;
  open(suite, fmt::format("{}: {}", kUnreadable, shape_of(diagnostic.message)));
  suite.cases +=
      fmt::format(">\n      <error type=\"{}\" message=\"{}\">{}\n</error>\n    </testcase>\n",
                  kUnreadable, xml_text(diagnostic.message), xml_text(place + diagnostic.message));
}

void JunitReport::add(const JudgedSet& set) {
  std::map<std::uint32_t, Suite> suites;  // by file
  const auto suite_of = [&](const Object& object) -> Suite& {
    Suite& suite = suites[set.manifests == nullptr ? 0 : object.source];
    suite.name = set.manifests == nullptr ? object.name_space : file_of(set, object);
    return suite;
  };
  std::set<const Object*> found;
  for (const PlacedFinding& placed : set.findings) found.insert(placed.finding.object);
  for (const Object* object : set.objects) {
    if (found.contains(object)) continue;
    Suite& suite = suite_of(*object);
    open(suite, case_name(*object));
    suite.cases += "/>\n";
  }
  for (const PlacedFinding& placed : set.findings)
    add(suite_of(*placed.finding.object), set, placed);
  if (set.manifests != nullptr) {
    const auto& files = set.manifests->files;
    std::uint32_t file = 0;
    for (const Diagnostic& diagnostic : set.manifests->diagnostics) {
      while (file + 1 < files.size() && files[file].name != diagnostic.file) ++file;
      suites[file].name = diagnostic.file;
      add(suites[file], diagnostic);
    }
  }
  for (const auto& [index, suite] : suites) write(suite);
}

void JunitReport::add(const Diagnostic& diagnostic) { add(run_, diagnostic); }

void JunitReport::write(const Suite& suite) {
  if (suite.tests == 0) return;
  out_ << fmt::format(
              "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
              "skipped=\"{}\">\n",
              xml_text(suite.name), suite.tests, suite.failures, suite.errors, suite.skipped)
       << suite.cases << "  </testsuite>\n";
}

void JunitReport::finish(const Summary&) {
  write(run_);
  out_ << "</testsuites>\n";
}

}  // namespace stateward
