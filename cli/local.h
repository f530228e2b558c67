// What `serve --local` brings along: an authority and a certificate made in memory, and on disk
// what a person needs to try the webhook: the authority's certificate and two reviews, one that is
// mended and one that is denied.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "certs/identity.h"
#include "engine/result.h"
#include "webhook/server.h"

namespace stateward {

class Local {
 public:
  // An empty `folder` is a fresh one under the temporary directory, and goes with this object;
  // another is made where it is missing, and stays. The certificate is for localhost and `host`.
  static Result<Local> make(const std::filesystem::path& folder, const std::string& host,
                            std::chrono::sys_seconds now);
  Local(Local&& other) noexcept;
  Local& operator=(Local&&) = delete;
  ~Local();

  const Identity& identity() const { return identity_; }
  // What to paste into a shell, and what will be seen.
  std::string instructions(const Endpoint& server) const;

 private:
  Local() = default;

  Identity identity_;
  std::filesystem::path folder_;
  bool remove_ = false;
};

}  // namespace stateward
