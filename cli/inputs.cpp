#include "cli/inputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "cli/folder_walk.h"

namespace stateward {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = std::size_t{64} << 20;
constexpr std::size_t kFirstRead = std::size_t{64} << 10;

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

Result<Folders> expand(const std::vector<std::string>& arguments) {
  Folders folders;
  FolderWalk walk(folders);
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument == "-") {
      folders[{}].push_back({std::string(kStandardInput), {}});
    } else if (fs::is_directory(argument, error)) {
      if (auto walked = walk.add(argument); !walked)
        return fail(fmt::format("cannot open folder {}: {}", argument, walked.error().message));
    } else if (access(argument.c_str(), R_OK) != 0) {
      return fail(fmt::format("cannot open {}: {}", argument.empty() ? "\"\"" : argument,
                              std::strerror(errno)));
    } else {
      const fs::path path(argument);
      folders[folder_id(path.parent_path())].push_back({printed(path), path});
    }
  }
  walk.follow_links();
  return folders;
}

// A file named twice stays once. `files` are of one folder.
void drop_repeated(std::vector<InputFile>& files) {
  std::stable_sort(files.begin(), files.end(), [](const auto& left, const auto& right) {
    return last_name(left.path) < last_name(right.path);
  });
  const auto same = [](const auto& left, const auto& right) {
    return last_name(left.path) == last_name(right.path);
  };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
}

bool by_name(const InputFile& left, const InputFile& right) { return left.name < right.name; }

bool by_folder(const InputSet& left, const InputSet& right) {
  const auto key = [](const InputSet& set) {
    const std::string_view name = set.front().name;
    return std::pair(name.substr(0, name.rfind('/') + 1), name);
  };
  return key(left) < key(right);
}

Result<std::string> read_all(int descriptor) {
  struct stat status {};
  const bool sized = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const auto expected = sized ? static_cast<std::size_t>(status.st_size) : kFirstRead;
  // Room for one byte more than expected: the read that finds nothing more needs some, too.
  std::string text(std::min(expected, kLargestFile) + 1, '\0');
  std::size_t size = 0;
  while (size <= kLargestFile && expected <= kLargestFile) {
    const ssize_t got = ::read(descriptor, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(std::strerror(errno));
    size += static_cast<std::size_t>(got);
    if (got == 0) {
      text.resize(size);
      return text;
    }
    if (size == text.size()) text.resize(std::min(size * 2, kLargestFile + 1));
  }
  return fail("larger than 64 MiB; split it");
}

}  // namespace

Result<std::vector<InputSet>> find_inputs(const std::vector<std::string>& arguments, Scope scope) {
  auto folders = expand(arguments);
  if (!folders) return tl::unexpected(folders.error());
  std::vector<InputSet> sets;
  for (auto& [id, files] : *folders) {
    drop_repeated(files);
    if (sets.empty() || scope == Scope::folder) sets.emplace_back();
    for (InputFile& file : files) {
      if (scope == Scope::file && !sets.back().empty()) sets.emplace_back();
      sets.back().push_back(std::move(file));
    }
  }
  for (InputSet& set : sets) std::sort(set.begin(), set.end(), by_name);
  std::sort(sets.begin(), sets.end(), by_folder);
  return sets;
}

Result<std::string> read_input(const InputFile& file) {
  if (file.path.empty()) return read_all(STDIN_FILENO);
  const int descriptor = open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return fail(std::strerror(errno));
  auto text = read_all(descriptor);
  close(descriptor);
  return text;
}

}  // namespace stateward
