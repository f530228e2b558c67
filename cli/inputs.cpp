#include "cli/inputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <compare>
#include <cstring>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace stateward {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = std::size_t{64} << 20;
constexpr std::size_t kFirstRead = std::size_t{64} << 10;

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_manifest(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

bool is_hidden(std::string_view name) { return name.starts_with('.'); }

bool climbs(const fs::path& path) {
  return std::find(path.begin(), path.end(), "..") != path.end();
}

// Relative to where the command runs, where the file is below that.
std::string printed(const fs::path& path) {
  if (climbs(path)) return path.generic_string();  // where ".." leads to, links decide
  const fs::path plain = path.lexically_normal();
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error || !plain.is_absolute()) return plain.generic_string();
  const fs::path below = plain.lexically_relative(here);
  return (below.empty() || climbs(below) ? plain : below).generic_string();
}

// A folder as the file system tells it from others, however it is spelled. Standard input has none.
struct FolderId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FolderId&) const = default;
};

FolderId folder_id(const fs::path& folder) {
  struct stat status {};
  if (stat(folder.empty() ? "." : folder.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

// Files by the folder they stand in.
using Folders = std::map<FolderId, std::vector<InputFile>>;

// Walks folders by hand. Links to folders wait until everything that is reached without them is
// known, so that a file's name does not depend on the order in which a folder lists its entries.
class FolderWalk {
 public:
  explicit FolderWalk(Folders& out) : out_(out) {}

  Result<void> add(const fs::path& folder) {
    const std::string shown = printed(folder / "");
    return add(folder, shown == "." ? "" : shown);
  }

  void follow_links() {
    while (!links_.empty()) {
      for (const fs::path& link : std::exchange(links_, {})) add_inner(link, printed(link / ""));
    }
  }

 private:
  // `shown` goes before the names of what is in it.
  Result<void> add(const fs::path& folder, const std::string& shown) {
    const FolderId id = folder_id(folder);
    if (!visited_.insert(id).second) return {};
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    if (error) return fail(error.message());
    for (; entries != fs::directory_iterator(); entries.increment(error)) {
      const std::string_view name = last_name(entries->path().native());
      if (!is_hidden(name)) add(*entries, name, id, shown);
    }
    return {};
  }

  void add(const fs::directory_entry& entry, std::string_view name, FolderId folder,
           const std::string& shown) {
    std::error_code error;
    if (entry.is_directory(error)) {
      if (entry.is_symlink(error)) {
        links_.insert(entry.path());
      } else {
        add_inner(entry.path(), fmt::format("{}{}/", shown, name));
      }
    } else if (is_manifest(name) && (entry.is_regular_file(error) || !entry.exists(error))) {
      out_[folder].push_back({fmt::format("{}{}", shown, name), entry.path().string()});
    }
  }

  // A folder that cannot be listed is left to read_input, to say so.
  void add_inner(const fs::path& folder, const std::string& shown) {
    if (!add(folder, shown)) out_[folder_id(folder)].push_back({printed(folder), folder});
  }

  Folders& out_;
  std::set<FolderId> visited_;
  std::set<fs::path> links_;
};

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
