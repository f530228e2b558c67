// What stands in folders and below them. Folders of one depth are listed by several threads; what
// is found does not depend on how many there are.
#pragma once

#include <sys/types.h>

#include <compare>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "engine/result.h"

namespace stateward {

// A folder as the file system tells it from others, however it is spelled. Standard input has none.
struct FolderId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FolderId&) const = default;
};

FolderId folder_id(const std::filesystem::path& folder);

// As a path is printed: relative to where the command runs, where it is below that.
std::string printed(const std::filesystem::path& path);

// Files by the folder they stand in.
using Folders = std::map<FolderId, std::vector<InputFile>>;

// Links to folders wait until everything that is reached without them is known, so that a file's
// name does not depend on the order in which a folder lists its entries.
class FolderWalk {
 public:
  explicit FolderWalk(Folders& out) : out_(out) {}

  // The error says why the folder itself cannot be listed. One further down is left to
  // read_input(), to say so.
  Result<void> add(const std::string& folder);
  void follow_links();

 private:
  struct Pending {
    std::string path;
    std::string shown;  // goes before the names of what is in it
  };
  struct Listing;
  static Listing list(const Pending& folder);
  void walk(std::vector<Pending> level);
  void take(const Pending& folder, Listing listing, std::vector<Pending>& next);

  Folders& out_;
  std::set<FolderId> visited_;
  std::set<std::string> links_;
};

}  // namespace stateward
