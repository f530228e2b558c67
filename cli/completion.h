// `stateward completion`: what makes a shell complete our commands, made from the command table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stateward {

// A command as a shell needs to know it.
struct CommandShape {
  enum class Value : std::uint8_t { none, choice, file, folder, text };
  struct Option {
    std::vector<std::string> names;  // "-o", "--output"; of a positional none
    std::string description;         // one line
    Value value = Value::none;
    std::vector<std::string> choices;
    bool repeats = false;
  };

  std::string name;
  std::string description;
  std::vector<Option> options;
  std::vector<CommandShape> commands;
};

// What may be given as a value that the help calls `type`: "FILE", "text|json", "ID".
void take_value(std::string_view type, CommandShape::Option& option);

struct CompletionOptions {
  enum class Shell : std::uint8_t { bash, zsh, fish };
  Shell shell = Shell::bash;
  CommandShape program;
};

std::string completion_script(CompletionOptions::Shell shell, const CommandShape& program);

int run(const CompletionOptions& options);

}  // namespace stateward
