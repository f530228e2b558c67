// Which files a command is about, and which of them belong together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/result.h"

namespace stateward {

enum class Scope : std::uint8_t { folder, input, file };  // what makes one set

struct InputFile {
  std::string name;            // as it is printed: the way the user named it
  std::filesystem::path path;  // empty for standard input
};

// Files that are judged together.
using InputSet = std::vector<InputFile>;

// `arguments`: files, folders (their *.yaml, *.yml and *.json, recursively, without hidden ones) or
// "-". With Scope::folder the files of one folder make a set, whether the folder was named or the
// files were; standard input is a set of its own. Sets and files are ordered by name. An argument
// that does not exist is an error that names it.
Result<std::vector<InputSet>> find_inputs(const std::vector<std::string>& arguments, Scope scope);

// The whole of a file or of standard input; the error says why it cannot be read.
Result<std::string> read_input(const InputFile& file);

}  // namespace stateward
