#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <string_view>

#include "policies/catalogue.h"

namespace stateward {
namespace {

using Option = CommandShape::Option;
using Value = CommandShape::Value;

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += fmt::format("{}{}", all.empty() ? "" : " ", word);
  return all;
}

// Between single quotes, in any of the three shells.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<std::string> option_names(const CommandShape& command) {
  std::vector<std::string> names;
  for (const Option& option : command.options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

std::vector<std::string> command_names(const CommandShape& command) {
  std::vector<std::string> names(command.commands.size());
  std::transform(command.commands.begin(), command.commands.end(), names.begin(),
                 [](const CommandShape& one) { return one.name; });
  return names;
}

// Calls `use` with each command and the words that lead to it.
void for_each_command(const CommandShape& command, const std::string& path,
                      const std::function<void(const CommandShape&, const std::string&)>& use) {
  use(command, path);
  for (const CommandShape& one : command.commands)
    for_each_command(one, path + " " + one.name, use);
}

// The words that may stand where no option is begun.
std::vector<std::string> plain_words(const CommandShape& command) {
  std::vector<std::string> words = command_names(command);
  for (const Option& option : command.options) {
    if (option.names.empty())
      words.insert(words.end(), option.choices.begin(), option.choices.end());
  }
  return words;
}

std::string bash_script(const CommandShape& program) {
  std::string paths;
  std::string values;
  std::string words;
  for_each_command(program, program.name,
                   [&](const CommandShape& command, const std::string& path) {
                     if (path != program.name)
                       paths += fmt::format("      {}) path={} ;;\n", quoted(path), quoted(path));
                     for (const Option& option : command.options) {
                       if (option.names.empty() || option.value == Value::none) continue;
                       std::string patterns;
                       for (const std::string& name : option.names)
                         patterns += fmt::format("{}{}", patterns.empty() ? "" : "|",
                                                 quoted(fmt::format("{}:{}", path, name)));
                       values += fmt::format("    {}) words={}; takes=1 ;;\n", patterns,
                                             quoted(joined(option.choices)));
                     }
                     words += fmt::format("    {}) options={}; words={} ;;\n", quoted(path),
                                          quoted(joined(option_names(command))),
                                          quoted(joined(plain_words(command))));
                   });
  // Where nothing is offered, -o default offers files.
  return fmt::format(R"(# Completion for bash: source <({0} completion bash)
_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} path={0} options= words= takes= i
  [ "$current" != = ] || current=
  [ "$previous" != = ] || previous=${{COMP_WORDS[COMP_CWORD-2]}}
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${{COMP_WORDS[i]}}" in
{1}    esac
  done
  case "$path:$previous" in
{2}  esac
  if [ -z "$takes" ]; then
    case "$path" in
{3}    esac
    case "$current" in -*) words=$options ;; esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _{0} {0}
)",
                     program.name, paths, values, words);
}

std::string zsh_action(const Option& option) {
  switch (option.value) {
    case Value::choice:
      return fmt::format("({})", joined(option.choices));
    case Value::file:
      return "_files";
    case Value::folder:
      return "_files -/";
    default:
      return " ";
  }
}

std::string zsh_spec(const Option& option) {
  constexpr std::string_view kSpecial = "[]:\\";
  if (option.names.empty()) return fmt::format(" {}", quoted("*:argument:" + zsh_action(option)));
  std::string description;
  for (const char c : option.description) {
    if (kSpecial.find(c) != std::string_view::npos) description += '\\';
    description += c;
  }
  std::string specs;
  for (const std::string& name : option.names) {
    std::string spec = fmt::format("{}{}[{}]", option.repeats ? "*" : "", name, description);
    if (option.value != Value::none) spec += ":value:" + zsh_action(option);
    specs += " " + quoted(spec);
  }
  return specs;
}

std::string zsh_function(const std::string& path) {
  std::string name = "_" + path;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::string zsh_script(const CommandShape& program) {
  std::string out = fmt::format(
      "#compdef {0}\n# Completion for zsh: source <({0} completion zsh)\n", program.name);
  for_each_command(
      program, program.name, [&](const CommandShape& command, const std::string& path) {
        std::string specs;
        for (const Option& option : command.options) specs += zsh_spec(option);
        out += fmt::format("{}() {{\n", zsh_function(path));
        if (command.commands.empty()) {
          out += fmt::format("  _arguments{}\n}}\n", specs);
          return;
        }
        std::string described;
        std::string cases;
        for (const CommandShape& one : command.commands) {
          described += " " + quoted(one.name + ":" + one.description);
          cases += fmt::format("      {}) {} ;;\n", one.name, zsh_function(path + " " + one.name));
        }
        out += fmt::format(R"(  local state line
  local -a commands=({})
  _arguments -C{} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $words[1] in
{}    esac ;;
  esac
}}
)",
                           described, specs, cases);
      });
  return out + fmt::format("compdef _{0} {0}\n", program.name);
}

// When `path` is what was typed so far.
std::string fish_condition(const CommandShape& command, const std::vector<std::string>& path) {
  std::string condition;
  for (const std::string& word : path)
    condition +=
        fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ", word);
  if (!command.commands.empty()) {
    condition += fmt::format("{}not __fish_seen_subcommand_from {}",
                             condition.empty() ? "" : "; and ", joined(command_names(command)));
  }
  return condition;
}

std::string fish_value(const Option& option) {
  switch (option.value) {
    case Value::none:
      return {};
    case Value::choice:
      return fmt::format(" -x -a {}", quoted(joined(option.choices)));
    case Value::file:
      return " -r -F";
    case Value::folder:
      return " -x -a '(__fish_complete_directories)'";
    case Value::text:
      return " -x";
  }
  return {};
}

void fish_lines(const CommandShape& command, const std::vector<std::string>& path,
                const std::string& program, std::string& out) {
  const std::string condition = fish_condition(command, path);
  const std::string start = fmt::format("complete -c {} -n {}", program, quoted(condition));
  for (const CommandShape& one : command.commands)
    out += fmt::format("{} -f -a {} -d {}\n", start, one.name, quoted(one.description));
  for (const Option& option : command.options) {
    if (option.names.empty()) {
      if (option.value == Value::choice)
        out += fmt::format("{} -f -a {}\n", start, quoted(joined(option.choices)));
      continue;
    }
    out += start;
    for (const std::string& name : option.names)
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    out += fmt::format("{} -d {}\n", fish_value(option), quoted(option.description));
  }
  for (const CommandShape& one : command.commands) {
    std::vector<std::string> further = path;
    further.push_back(one.name);
    fish_lines(one, further, program, out);
  }
}

std::string fish_script(const CommandShape& program) {
  std::string out =
      fmt::format("# Completion for fish: {0} completion fish | source\n", program.name);
  fish_lines(program, {}, program.name, out);
  return out;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

}  // namespace

void take_value(std::string_view type, CommandShape::Option& option) {
  const std::string_view names = type.substr(0, type.find('['));
  if (names == "ID") {
    option.value = CommandShape::Value::choice;
    for (const Policy* policy : policies::all_policies()) option.choices.emplace_back(policy->id);
    if (!option.names.empty()) return;  // --policy; explain knows injections, too
    for (const Injection* injection : policies::all_injections())
      option.choices.emplace_back(injection->id);
  } else if (names.find('|') != std::string_view::npos) {
    option.value = CommandShape::Value::choice;
    option.choices = split(names, '|');
  } else if (names == "FILE" || names == "PATH") {
    option.value = CommandShape::Value::file;
  } else if (names == "DIR") {
    option.value = CommandShape::Value::folder;
  } else {
    option.value = CommandShape::Value::text;
  }
}

std::string completion_script(CompletionOptions::Shell shell, const CommandShape& program) {
  switch (shell) {
    case CompletionOptions::Shell::bash:
      return bash_script(program);
    case CompletionOptions::Shell::zsh:
      return zsh_script(program);
    case CompletionOptions::Shell::fish:
      return fish_script(program);
  }
  return {};
}

int run(const CompletionOptions& options) {
  std::cout << completion_script(options.shell, options.program);
  return 0;
}

}  // namespace stateward
