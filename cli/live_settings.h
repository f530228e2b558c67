// Settings that may change while we run: a file that is read again, or the ConfigMap of a cluster.
// The last ones that were right hold, and what is wrong with newer ones is said.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/settings_watch.h"
#include "engine/settings.h"
#include "webhook/routes.h"

namespace stateward {

class LiveSettings {
 public:
  struct Source {
    std::string file;                           // empty: the ConfigMap
    std::shared_ptr<CredentialSource> cluster;  // where neither is there, the defaults hold
    std::string name_space;                     // of the ConfigMap
  };
  using Say = std::function<void(std::string_view)>;
  // `say` gets a line for what happens, `complain` (empty: `say`) one for what is wrong. An error
  // where a file is wrong at once; a ConfigMap may become right.
  static Result<std::unique_ptr<LiveSettings>> start(const Source& source, Say say,
                                                     Say complain = {});

  // What holds now; none: the defaults.
  std::shared_ptr<const Settings> now() const;
  // Of readiness, which it does not fail.
  HealthCheck check() const;
  // What became of all that was read.
  struct Reloads {
    std::uint64_t used = 0;
    std::uint64_t refused = 0;
    std::chrono::sys_seconds last_used{};  // or the start, where the defaults hold
    bool good = true;                      // the newest is in use
  };
  Reloads reloads() const;
  // Reads the file again.
  void reread();

 private:
  LiveSettings(const Source& source, Say say, Say complain);

  // The problems, a line each; where there are any, all stays as it is.
  std::string use(const std::optional<std::string>& text, std::string_view name);
  std::string read_file();
  void refuse(std::string_view problem);
  void complain(std::string_view problem) const;

  const std::string file_;
  const Say say_;
  const Say complain_;
  std::optional<std::string> read_;  // of the file
  std::string unread_;               // why it could not be read, said already
  mutable std::mutex mutex_;         // held for no longer than it takes to copy a pointer or a line
  std::shared_ptr<const Settings> current_;
  std::string problem_;
  Reloads reloads_;
  std::unique_ptr<SettingsWatch> watch_;  // the last member: its thread uses the others
};

}  // namespace stateward
