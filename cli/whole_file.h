// A file that is there as a whole or not at all.
#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "engine/result.h"

namespace stateward {

// Written beside its place, under a hidden name, and moved there by keep(); without that nothing is
// left of it. What is no regular file (/dev/null, a pipe) is written to directly.
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

  std::string path_;
  std::string beside_;  // empty where it is written to directly
  std::ofstream out_;
};

}  // namespace stateward
