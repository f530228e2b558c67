#include "cli/folder_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

#include "cli/cores.h"
#include "cli/in_order.h"

namespace stateward {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAtOnce = 32;  // folders that a thread takes: one alone is a few microseconds

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

enum class EntryKind : std::uint8_t { folder, link_to_folder, file, other };

EntryKind kind_of(const OpenFolder& folder, const dirent& entry) {
  if (entry.d_type == DT_DIR) return EntryKind::folder;
  if (entry.d_type == DT_REG) return EntryKind::file;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return EntryKind::other;
  struct stat itself {};
  struct stat target {};
  const int at = dirfd(folder.get());
  const bool is_link =
      fstatat(at, entry.d_name, &itself, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(itself.st_mode);
  // One that leads nowhere is left to reading, which says why.
  if (fstatat(at, entry.d_name, &target, 0) != 0) return EntryKind::file;
  if (S_ISDIR(target.st_mode)) return is_link ? EntryKind::link_to_folder : EntryKind::folder;
  return S_ISREG(target.st_mode) ? EntryKind::file : EntryKind::other;
}

bool is_manifest(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

bool climbs(const fs::path& path) {
  return std::find(path.begin(), path.end(), "..") != path.end();
}

}  // namespace

struct FolderWalk::Listing {
  int error = 0;  // errno; it cannot be listed
  FolderId id;
  std::vector<InputFile> files;
  std::vector<Pending> folders;
  std::vector<std::string> links;
};

FolderId folder_id(const fs::path& folder) {
  struct stat status {};
  if (stat(folder.empty() ? "." : folder.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

std::string printed(const fs::path& path) {
  if (climbs(path)) return path.generic_string();  // where ".." leads to, links decide
  const fs::path plain = path.lexically_normal();
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error || !plain.is_absolute()) return plain.generic_string();
  const fs::path below = plain.lexically_relative(here);
  return (below.empty() || climbs(below) ? plain : below).generic_string();
}

FolderWalk::Listing FolderWalk::list(const Pending& pending) {
  Listing listing;
  const OpenFolder folder(opendir(pending.path.c_str()));
  struct stat status {};
  if (!folder || fstat(dirfd(folder.get()), &status) != 0) {
    listing.error = errno;
    return listing;
  }
  listing.id = {status.st_dev, status.st_ino};
  const std::string before = pending.path.ends_with('/') ? pending.path : pending.path + "/";
  while (const dirent* entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.starts_with('.')) continue;
    const EntryKind kind = kind_of(folder, *entry);
    std::string path = before;
    path += name;
    std::string shown = pending.shown;
    shown += name;
    if (kind == EntryKind::folder) {
      listing.folders.push_back({std::move(path), std::move(shown += '/')});
    } else if (kind == EntryKind::link_to_folder) {
      listing.links.push_back(std::move(path));
    } else if (kind == EntryKind::file && is_manifest(name)) {
      listing.files.push_back({std::move(shown), std::move(path)});
    }
  }
  return listing;
}

Result<void> FolderWalk::add(const std::string& folder) {
  const std::string shown = printed(fs::path(folder) / "");
  const Pending root{folder, shown == "." ? "" : shown};
  Listing listing = list(root);
  if (listing.error != 0) return fail(std::strerror(listing.error));
  std::vector<Pending> level;
  take(root, std::move(listing), level);
  walk(std::move(level));
  return {};
}

void FolderWalk::follow_links() {
  while (!links_.empty()) {
    for (const std::string& link : std::exchange(links_, {}))
      walk({{link, printed(fs::path(link) / "")}});
  }
}

// Level by level: what is found in one is the next.
void FolderWalk::walk(std::vector<Pending> level) {
  while (!level.empty()) {
    const std::size_t pieces = (level.size() + kAtOnce - 1) / kAtOnce;
    InOrder<std::vector<Listing>> listings(
        pieces, std::min(pieces, cores()), [&level](std::size_t piece) {
          std::vector<Listing> listed;
          const std::size_t end = std::min((piece + 1) * kAtOnce, level.size());
          for (std::size_t at = piece * kAtOnce; at < end; ++at) listed.push_back(list(level[at]));
          return listed;
        });
    std::vector<Pending> next;
    auto folder = level.begin();
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      listings.next([&](std::vector<Listing>& listed) {
        for (Listing& listing : listed) take(*folder++, std::move(listing), next);
      });
    }
    level = std::move(next);
  }
}

void FolderWalk::take(const Pending& folder, Listing listing, std::vector<Pending>& next) {
  if (listing.error != 0) {
    out_[folder_id(folder.path)].push_back({printed(folder.path), folder.path});
    return;
  }
  if (!visited_.insert(listing.id).second) return;
  if (!listing.files.empty()) {
    auto& files = out_[listing.id];
    std::move(listing.files.begin(), listing.files.end(), std::back_inserter(files));
  }
  std::move(listing.folders.begin(), listing.folders.end(), std::back_inserter(next));
  links_.insert(listing.links.begin(), listing.links.end());
}

}  // namespace stateward
