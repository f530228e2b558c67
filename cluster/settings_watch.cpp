#include "cluster/settings_watch.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace stateward {
namespace {

constexpr Resource kConfigMaps{"", "v1", "configmaps"};
constexpr std::chrono::seconds kPeriod{10};

}  // namespace

ApiResult<std::optional<std::string>> read_cluster_settings(ApiClient& client,
                                                            std::string_view name_space) {
  const auto map = client.get(kConfigMaps, name_space, kSettingsConfigMap);
  if (!map) {
    if (map.error().not_found()) return std::nullopt;
    return tl::unexpected(map.error());
  }
  const Node text = map->node()["data"][kSettingsKey];
  if (!text.is_text()) {
    ApiError error;
    error.message = fmt::format("it has no key {}", kSettingsKey);
    return tl::unexpected(std::move(error));
  }
  return std::string(text.text());
}

SettingsWatch::SettingsWatch(std::shared_ptr<CredentialSource> source, std::string name_space,
                             std::function<void(const std::optional<std::string>&)> use,
                             std::function<void(std::string_view)> say)
    : client_(std::move(source)),
      name_space_(std::move(name_space)),
      use_(std::move(use)),
      say_(std::move(say)),
      thread_([this] { run(); }) {}

SettingsWatch::~SettingsWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stop_asked_.notify_all();
  client_.stop();
  thread_.join();
}

void SettingsWatch::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    lock.unlock();
    look();
    lock.lock();
    stop_asked_.wait_for(lock, kPeriod, [this] { return stopped_; });
  }
}

void SettingsWatch::look() {
  auto text = read_cluster_settings(client_, name_space_);
  std::string problem = text ? "" : text.error().message;
  if (!problem.empty() && problem != problem_)
    say_(fmt::format("reading ConfigMap {}: {}", kSettingsConfigMap, problem));
  problem_ = std::move(problem);
  if (!text || (known_ && *text == text_)) return;
  known_ = true;
  text_ = std::move(*text);
  use_(text_);
}

}  // namespace stateward
