#include "cli/whole_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace stateward {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannot_write(const std::string& path, int error) {
  return fail(fmt::format("cannot write {}: {}", path, std::strerror(error)));
}

// As a new file's would be, or what it is already.
mode_t mode_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return status.st_mode & 0777U;
  const mode_t mask = umask(0);
  umask(mask);
  return 0666U & ~mask;
}

}  // namespace

Result<std::unique_ptr<WholeFile>> WholeFile::open(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return cannot_write(path, EISDIR);
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    std::unique_ptr<WholeFile> file(new WholeFile(path));
    file->out_.open(path, std::ios::binary);
    if (!file->out_) return cannot_write(path, errno);
    return file;
  }
  if (access(path.c_str(), F_OK) == 0 && access(path.c_str(), W_OK) != 0)
    return cannot_write(path, errno);
  // A link stays one: what it leads to is written.
  const fs::path canonical = fs::weakly_canonical(path, error);
  const fs::path target = error ? fs::path(path) : canonical;
  const std::string hidden = fmt::format(".{}.XXXXXX", target.filename().string());
  std::string beside = (target.parent_path() / hidden).string();
  const int descriptor = mkstemp(beside.data());
  if (descriptor < 0) return cannot_write(path, errno);
  std::unique_ptr<WholeFile> file(new WholeFile(target.string()));
  file->beside_ = beside;
  fchmod(descriptor, mode_of(file->path_));
  close(descriptor);
  file->out_.open(beside, std::ios::binary);
  if (!file->out_) return cannot_write(path, errno);
  return file;
}

WholeFile::~WholeFile() {
  if (!beside_.empty()) unlink(beside_.c_str());
}

Result<void> WholeFile::keep() {
  out_.close();
  if (!out_) return cannot_write(path_, errno);
  if (beside_.empty()) return {};
  if (rename(beside_.c_str(), path_.c_str()) != 0) return cannot_write(path_, errno);
  beside_.clear();
  return {};
}

}  // namespace stateward
