// A replica's own serving certificate: minted in memory from the installation's authority, never
// shared and never stored, and minted anew in time.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/identity.h"
#include "certs/rotation.h"
#include "cluster/api_client.h"

namespace stateward {

class ServingCertificate {
 public:
  // `use` gets every certificate that is to be served from now on.
  ServingCertificate(ApiClient& client, std::string name_space, std::vector<std::string> names,
                     double jitter, std::function<void(const Identity&)> use,
                     std::function<void(std::string_view)> say,
                     std::chrono::seconds life = kServingLife)
      : client_(client),
        name_space_(std::move(name_space)),
        names_(std::move(names)),
        jitter_(jitter),
        use_(std::move(use)),
        say_(std::move(say)),
        life_(life) {}

  // Reads the authority, and mints where that is due. To be called every few seconds.
  void step(std::chrono::sys_seconds now);
  // Whether the API server would accept us: there is a certificate, and every configuration of ours
  // holds a bundle that verifies it. Once it was so it stays so: what is broken later by others is
  // no reason to go.
  bool accepted() const { return accepted_; }

 private:
  void mint(std::chrono::sys_seconds now);
  void look_at_bundles(std::chrono::sys_seconds now);
  void say_once(std::string line);

  ApiClient& client_;
  const std::string name_space_;
  const std::vector<std::string> names_;
  const double jitter_;
  const std::function<void(const Identity&)> use_;
  const std::function<void(std::string_view)> say_;
  const std::chrono::seconds life_;
  std::optional<Identity> identity_;
  bool accepted_ = false;
  std::string said_;
};

}  // namespace stateward
