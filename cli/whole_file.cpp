#include "cli/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "cli/inputs.h"
#include "engine/json_reader.h"

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

std::string hidden_beside(const std::string& path) {
  const fs::path target(path);
  return (target.parent_path() / fmt::format(".{}.XXXXXX", target.filename().string())).string();
}

std::string link_to(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

// Nothing that is written here is YAML, nor an object of Kubernetes.
bool is_manifest(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error) || fs::file_size(path, error) == 0) return false;
  const fs::path extension = path.extension();
  if (extension == ".yaml" || extension == ".yml") return true;
  const auto text = read_input({.name = path.string(), .path = path.string()});
  if (!text) return false;
  const ReadDocument read = read_json(*text, Places::skip);
  return read.document && read.document->node()["apiVersion"].exists();
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
  if (is_manifest(path)) return fail(fmt::format("cannot write {}: a manifest stands there", path));
  // A link stays one: what it leads to is written.
  const fs::path canonical = fs::weakly_canonical(path, error);
  std::unique_ptr<WholeFile> file(new WholeFile((error ? fs::path(path) : canonical).string()));
  if (!file->open_nameless() && !file->open_hidden()) return cannot_write(path, errno);
  return file;
}

bool WholeFile::open_nameless() {
  const fs::path folder = fs::path(path_).parent_path();
  nameless_ = ::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (nameless_ < 0) return false;
  fchmod(nameless_, mode_of(path_));
  out_.open(link_to(nameless_), std::ios::binary);
  if (!out_) close(std::exchange(nameless_, -1));
  return out_.is_open();
}

bool WholeFile::open_hidden() {
  beside_ = hidden_beside(path_);
  const int descriptor = mkstemp(beside_.data());
  if (descriptor < 0) {
    beside_.clear();
    return false;
  }
  fchmod(descriptor, mode_of(path_));
  close(descriptor);
  out_.open(beside_, std::ios::binary);
  return out_.is_open();
}

WholeFile::~WholeFile() {
  if (nameless_ >= 0) close(nameless_);
  if (!beside_.empty()) unlink(beside_.c_str());
}

Result<void> WholeFile::keep() {
  out_.close();
  if (!out_) return cannot_write(path_, errno);
  if (nameless_ >= 0) {
    // A link replaces nothing, so the file gets a name of its own before it gets its last one.
    std::string name = hidden_beside(path_);
    const int taken = mkstemp(name.data());
    if (taken < 0) return cannot_write(path_, errno);
    close(taken);
    unlink(name.c_str());
    if (linkat(AT_FDCWD, link_to(nameless_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) !=
        0)
      return cannot_write(path_, errno);
    beside_ = name;
  }
  if (beside_.empty()) return {};
  if (rename(beside_.c_str(), path_.c_str()) != 0) return cannot_write(path_, errno);
  beside_.clear();
  return {};
}

}  // namespace stateward
