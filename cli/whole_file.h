// A file that is there as a whole or not at all.
#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "engine/result.h"

namespace stateward {

// Written without a name, where the file system can do that, and otherwise under a hidden one
// beside its place; keep() moves it there. Without that nothing is left of it, and where it had no
// name not even when the program is killed. What is no regular file (/dev/null, a pipe) is written
// to directly; a manifest is never replaced.
class WholeFile {
 public:
  static Result<std::unique_ptr<WholeFile>> open(const std::string& path);
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  ~WholeFile();

  std::ostream& out() { return out_; }
  Result<void> keep();

 private:
  explicit WholeFile(std::string path) : path_(std::move(path)) {}

  // Whether it could be opened so; errno says why not.
  bool open_nameless();
  bool open_hidden();

  std::string path_;
  std::string beside_;  // the hidden name, where it has one
  int nameless_ = -1;   // held so that it stays while nothing names it
  std::ofstream out_;
};

}  // namespace stateward
