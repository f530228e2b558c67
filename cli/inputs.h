// Which files a command is about, and which of them belong together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"

namespace stateward {

enum class Scope : std::uint8_t { folder, input, file };  // what makes one set

inline constexpr std::string_view kStandardInput = "<stdin>";  // as a file's name

struct InputFile {
  std::string name;  // as it is printed: relative to the current folder where it is below that
  std::string path;  // empty for standard input
};

// Files that are judged together, ordered by name.
using InputSet = std::vector<InputFile>;

// `arguments`: files, folders (their *.yaml, *.yml and *.json, recursively, without hidden ones) or
// "-". With Scope::folder the files of one folder make a set, whether the folder was named or the
// files were, and in whatever spelling; standard input is a set of its own. A file or folder that
// can be reached in several ways is taken once, so loops of links end. Sets are ordered by folder.
// An argument that cannot be opened is an error that names it; what cannot be opened further down
// is among the files, and reading it says why.
Result<std::vector<InputSet>> find_inputs(const std::vector<std::string>& arguments, Scope scope);

// The whole of a file or of standard input. The error says why it cannot be read, without naming
// it: it is larger than 64 MiB, or what the operating system says.
Result<std::string> read_input(const InputFile& file);

}  // namespace stateward
