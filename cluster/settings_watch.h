// The settings of a cluster, in the ConfigMap stateward-settings of our own namespace: asked for
// every few seconds, in a thread of its own. It only reads.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "cluster/api_client.h"

namespace stateward {

inline constexpr std::string_view kSettingsConfigMap = "stateward-settings";
inline constexpr std::string_view kSettingsKey = "stateward.yaml";

// The text of the settings; none where there is no such ConfigMap. Without that key it is an error.
ApiResult<std::optional<std::string>> read_cluster_settings(ApiClient& client,
                                                            std::string_view name_space);

class SettingsWatch {
 public:
  // `use` gets the text, or that there is none, at first and whenever it has changed; `say` a line
  // where it cannot be read.
  SettingsWatch(std::shared_ptr<CredentialSource> source, std::string name_space,
                std::function<void(const std::optional<std::string>&)> use,
                std::function<void(std::string_view)> say);
  SettingsWatch(const SettingsWatch&) = delete;
  SettingsWatch& operator=(const SettingsWatch&) = delete;
  ~SettingsWatch();

 private:
  void run();
  void look();

  ApiClient client_;
  const std::string name_space_;
  const std::function<void(const std::optional<std::string>&)> use_;
  const std::function<void(std::string_view)> say_;
  bool known_ = false;
  std::optional<std::string> text_;
  std::string problem_;
  std::mutex mutex_;
  std::condition_variable stop_asked_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace stateward
