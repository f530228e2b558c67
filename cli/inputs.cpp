#include "cli/inputs.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace stateward {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = std::uintmax_t{64} << 20;

bool is_manifest(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

std::string printed(const fs::path& path) {
  const std::string name = path.generic_string();
  return name.starts_with("./") ? name.substr(2) : name;
}

// Walks a folder by hand: links to folders are followed once, so a loop of links ends.
class FolderWalk {
 public:
  explicit FolderWalk(std::vector<InputFile>& out) : out_(out) {}

  Result<bool> add(const fs::path& folder) {
    struct stat status {};
    if (stat(folder.c_str(), &status) == 0 &&
        !visited_.emplace(status.st_dev, status.st_ino).second)
      return true;
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    if (error)
      return fail(fmt::format("cannot open folder {}: {}", printed(folder), error.message()));
    for (const fs::directory_entry& entry : entries) {
      if (is_hidden(entry.path())) continue;
      if (entry.is_directory(error)) {
        if (auto inner = add(entry.path()); !inner) return inner;
      } else if (is_manifest(entry.path()) && entry.is_regular_file(error)) {
        out_.push_back({printed(entry.path()), entry.path()});
      }
    }
    return true;
  }

 private:
  std::vector<InputFile>& out_;
  std::set<std::pair<dev_t, ino_t>> visited_;
};

Result<std::vector<InputFile>> expand(const std::vector<std::string>& arguments) {
  std::vector<InputFile> files;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument == "-") {
      files.push_back({"<stdin>", {}});
    } else if (fs::is_directory(argument, error)) {
      if (auto walked = FolderWalk(files).add(argument); !walked)
        return tl::unexpected(walked.error());
    } else if (fs::exists(argument, error)) {
      files.push_back({printed(argument), argument});
    } else {
      return fail(fmt::format("cannot open {}: no such file or folder", argument));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  const auto same = [](const auto& left, const auto& right) { return left.name == right.name; };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
  return files;
}

std::string set_of(const InputFile& file, Scope scope) {
  if (scope == Scope::input) return "";
  if (scope == Scope::file || file.path.empty()) return file.name;
  return printed(file.path.parent_path()) + "/";
}

}  // namespace

Result<std::vector<InputSet>> find_inputs(const std::vector<std::string>& arguments, Scope scope) {
  auto files = expand(arguments);
  if (!files) return tl::unexpected(files.error());
  std::map<std::string, InputSet> sets;
  for (InputFile& file : *files) sets[set_of(file, scope)].push_back(std::move(file));
  std::vector<InputSet> ordered;
  for (auto& [key, set] : sets) ordered.push_back(std::move(set));
  return ordered;
}

Result<std::string> read_input(const InputFile& file) {
  if (file.path.empty()) return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream stream(file.path, std::ios::binary | std::ios::ate);
  if (!stream) return fail(fmt::format("cannot open {}: {}", file.name, std::strerror(errno)));
  const auto size = static_cast<std::uintmax_t>(stream.tellg());
  if (size > kLargestFile)
    return fail(fmt::format("{} is larger than 64 MiB; split it", file.name));
  std::string text(size, '\0');
  stream.seekg(0);
  stream.read(text.data(), static_cast<std::streamsize>(size));
  if (!stream) return fail(fmt::format("cannot read {}: {}", file.name, std::strerror(errno)));
  return text;
}

}  // namespace stateward
