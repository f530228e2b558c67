// stateward: one command a line, in the README's order.

#include <exception>
#include <iostream>
#include <variant>

#include "cli/options.h"

using namespace stateward;

namespace {

template <typename... Commands>
struct OneOf : Commands... {
  using Commands::operator()...;
};
template <typename... Commands>
OneOf(Commands...) -> OneOf<Commands...>;

int run_command(int argc, char** argv) {
  const auto command = parse_command_line(argc, argv);
  if (!command) return command.error();
  return std::visit(OneOf{
                        [](const ValidateOptions& validate) { return run(validate); },
                        [](const ExplainOptions& explain) { return run(explain); },
                        [](const ServeOptions& serve) { return run(serve); },
                        [](const ControlOptions& control) { return run(control); },
                        [](const AuditOptions& audit) { return run(audit); },
                        [](const CertsOptions& certs) { return run(certs); },
                        [](const DoctorOptions& doctor) { return run(doctor); },
                        [](const CompletionOptions& completion) { return run(completion); },
                        [](const SettingsCommandOptions& settings) { return run(settings); },
                        [](const VersionOptions& version) { return run(version); },
                    },
                    *command);
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    const int status = run_command(argc, argv);
    if (std::cout.flush() || status == 2) return status;
    std::cerr << "stateward: cannot write to standard output\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "stateward: " << error.what() << '\n';
    return 2;
  }
}
