// An identity in two files that somebody else renews: a mounted Secret, or cert-manager's. They are
// read again and again and compared by content, for a Secret volume is replaced by exchanging a
// link, which nobody who watches the files hears of.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "certs/identity.h"
#include "engine/result.h"

namespace stateward {

// Tells problems that stay from those that pass: files that are being written are wrong for a
// moment.
class RepeatedProblem {
 public:
  // True once for a problem: when it is met for the second time in a row.
  bool is_news(const std::string& problem);
  void is_over();

 private:
  std::string problem_;
  bool told_ = false;
};

class IdentityFiles {
 public:
  // `served` is what was read from them last.
  IdentityFiles(std::filesystem::path chain, std::filesystem::path key, Identity served);

  // Reads both files. Nothing: all is as before, or being written. An identity: a new one, to be
  // served. An error: they hold no identity that can be served, and the last one is to be kept;
  // said once.
  std::optional<Result<Identity>> look(std::chrono::sys_seconds now);

 private:
  std::filesystem::path chain_;
  std::filesystem::path key_;
  Identity served_;
  RepeatedProblem problem_;
};

}  // namespace stateward
