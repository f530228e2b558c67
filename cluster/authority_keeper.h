// Keeps the authority of an installation: makes it, replaces it before its end, and gives every
// webhook configuration its bundle, as certs/rotation.h plans it. Any number of them may do so at
// once.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/rotation.h"
#include "cluster/api_client.h"

namespace stateward {

class AuthorityKeeper {
 public:
  AuthorityKeeper(ApiClient& client, std::string name_space, RotationSettings settings,
                  std::function<void(std::string_view)> say)
      : client_(client),
        name_space_(std::move(name_space)),
        settings_(std::move(settings)),
        say_(std::move(say)) {}

  // One look, and the steps that follow from it. Answers when to look again at the latest; an error
  // where the API refused something.
  ApiResult<std::chrono::sys_seconds> step(std::chrono::sys_seconds now, bool begin = false);
  // The certificate of the authority as the last step saw it, PEM; empty: none yet.
  const std::string& certificate() const { return certificate_; }

 private:
  ApiClient& client_;
  const std::string name_space_;
  const RotationSettings settings_;
  const std::function<void(std::string_view)> say_;
  std::string certificate_;
  std::string reason_;  // that was last said
};

}  // namespace stateward
