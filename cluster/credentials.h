// Who we are to the API server, kept fresh: tokens and certificates are replaced while we run
// (a Pod's token at 80 % of its life, or each day), and we notice within a minute.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "cluster/access.h"

namespace stateward {

using Clock = std::function<std::chrono::sys_seconds()>;

struct Credentials {
  std::string ca;  // PEM; empty: what the system trusts
  std::string client_chain;
  std::string client_key;
  std::string token;
  bool operator==(const Credentials&) const = default;
};

// Thread safe.
class CredentialSource {
 public:
  CredentialSource(Access access, Clock now) : access_(std::move(access)), now_(std::move(now)) {}

  const Access& access() const { return access_; }
  // As they are now: files are read again after 60 s, plugins asked again shortly before what they
  // gave expires. Where that fails, what was had before is used on; the first time it is an error.
  Result<Credentials> current();
  // The API server refused them (401): look again at the next call.
  void refused();

 private:
  Result<Credentials> read(std::chrono::sys_seconds now);
  Result<void> ask_plugin(std::chrono::sys_seconds now);

  const Access access_;
  const Clock now_;
  std::mutex mutex_;
  std::optional<Credentials> last_;
  std::chrono::sys_seconds look_again_;
  Credentials given_;  // by the plugin
  std::chrono::sys_seconds given_until_;
};

// Runs the plugin and answers what it prints. It gets no standard input, and KUBERNETES_EXEC_INFO.
Result<std::string> run_plugin(const CredentialPlugin& plugin);

}  // namespace stateward
