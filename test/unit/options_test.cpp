// The command line, as far as one process can tell.

#include "cli/options.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/command_help.h"

using namespace stateward;

namespace {

constexpr CommandHelp kAll[] = {
    kStatewardHelp,   kValidateHelp,    kExplainHelp,      kServeHelp,      kControlHelp,
    kAuditHelp,       kCertsHelp,       kCertsInspectHelp, kCertsMakeHelp,  kCertsRenewHelp,
    kCertsStatusHelp, kCertsRotateHelp, kDoctorHelp,       kCompletionHelp, kSettingsHelp,
};

// The words of our command in an indented line, up to where the shell has something else to do.
std::vector<std::string> example_in(const std::string& line) {
  const std::size_t start = line.rfind("stateward ");
  if (!line.starts_with("  ") || start == std::string::npos) return {};
  std::istringstream rest(line.substr(start, line.find_first_of("|>)", start) - start));
  std::vector<std::string> words;
  for (std::string word; rest >> word;) words.push_back(word);
  return words;
}

tl::expected<Command, int> parsed(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("every example that the help shows is understood") {
  int examples = 0;
  for (const CommandHelp& help : kAll) {
    std::istringstream below{std::string(help.below)};
    for (std::string line; std::getline(below, line);) {
      const std::vector<std::string> words = example_in(line);
      if (words.empty()) continue;
      CAPTURE(line);
      CHECK(parsed(words).has_value());
      ++examples;
    }
  }
  CHECK(examples > 30);
}

TEST_CASE("the command that was given gets the options that were given with it") {
  const auto validate = std::get<ValidateOptions>(
      parsed({"stateward", "validate", "--policy", "a,b", "--policy", "c", "x", "y"}).value());
  CHECK(validate.report.policies == std::vector<std::string>{"a", "b", "c"});
  CHECK(validate.paths == std::vector<std::string>{"x", "y"});
  const auto certs = std::get<CertsOptions>(
      parsed({"stateward", "certs", "make", "--name", "a", "--life", "3"}).value());
  CHECK(std::get<CertsMakeOptions>(certs).days == 3);
  const auto settings = std::get<SettingsCommandOptions>(
      parsed({"stateward", "settings", "show", "--name", "db"}).value());
  CHECK(settings.what == SettingsCommandOptions::What::show);
  CHECK(settings.name == "db");
  CHECK(std::holds_alternative<VersionOptions>(
      parsed({"stateward", "--version", "validate"}).value()));
}
