// The files that `serve` was given, read again while it serves. Where they cannot be used, what was
// read last stays in use, and the log says so once.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "certs/identity_files.h"
#include "webhook/log.h"
#include "webhook/tls.h"

namespace stateward {

// --tls-cert and --tls-key.
class ServingFiles {
 public:
  static Result<ServingFiles> open(const std::filesystem::path& chain,
                                   const std::filesystem::path& key, std::chrono::sys_seconds now,
                                   ServingIdentity& identity);
  void reread(std::chrono::sys_seconds now, ServingIdentity& identity, Log& log);

 private:
  explicit ServingFiles(IdentityFiles files) : files_(std::move(files)) {}
  IdentityFiles files_;
};

// --client-ca and --client-name.
class ClientAuthority {
 public:
  static Result<ClientAuthority> open(const std::filesystem::path& path, const std::string& name,
                                      ServingIdentity& identity);
  void reread(ServingIdentity& identity, Log& log);

 private:
  ClientAuthority(std::filesystem::path path, std::string name)
      : path_(std::move(path)), name_(std::move(name)) {}
  // True where there is something new.
  Result<bool> use(ServingIdentity& identity);

  std::filesystem::path path_;
  std::string name_;
  std::string used_;
  RepeatedProblem problem_;
};

}  // namespace stateward
