#include <exception>
#include <iostream>
#include <variant>

#include "cli/options.h"

int main(int argc, char** argv) {
  try {
    const auto command = stateward::parse_command_line(argc, argv);
    if (!command) return command.error();
    return std::visit([](const auto& options) { return run(options); }, *command);
  } catch (const std::exception& error) {
    std::cerr << "stateward: " << error.what() << '\n';
    return 2;
  }
}
