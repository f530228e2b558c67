#include "cluster/authority_keeper.h"

#include <fmt/format.h>

#include <algorithm>

#include "cluster/installation.h"

namespace stateward {
namespace {

constexpr int kMostSteps = 8;  // in one go; the protocol itself needs three

std::vector<std::string> bundles_of(const std::vector<WebhookConfiguration>& configurations) {
  std::vector<std::string> bundles;
  for (const WebhookConfiguration& configuration : configurations) {
    for (const auto& webhook : configuration.webhooks) bundles.push_back(webhook.bundle);
  }
  return bundles;
}

bool lacks(const WebhookConfiguration& configuration, const std::string& bundle) {
  return std::any_of(configuration.webhooks.begin(), configuration.webhooks.end(),
                     [&](const auto& webhook) { return webhook.bundle != bundle; });
}

}  // namespace

// Configurations are read before the Secret, in this order: see certs/rotation.h.
ApiResult<std::chrono::sys_seconds> AuthorityKeeper::step(std::chrono::sys_seconds now,
                                                          bool begin) {
  for (int i = 0; i < kMostSteps; ++i) {
    const auto configurations = read_configurations(client_);
    if (!configurations) return tl::unexpected(configurations.error());
    const auto stored = read_authority(client_, name_space_);
    if (!stored) return tl::unexpected(stored.error());
    certificate_ = stored->secret.ca_crt;
    const auto planned = plan({.stored = stored->secret,
                               .bundles = bundles_of(*configurations),
                               .now = now,
                               .settings = settings_,
                               .begin = begin});
    if (!planned) return tl::unexpected(ApiError{.message = planned.error().message});
    if (planned->reason != reason_) {
      reason_ = planned->reason;
      if (!reason_.empty()) say_(fmt::format("authority: {}", reason_));
    }
    if (planned->store) {
      begin = false;
      const auto written = write_authority(client_, name_space_, *planned->store, stored->version);
      if (!written && !written.error().conflict()) return tl::unexpected(written.error());
      continue;
    }
    bool raced = false;
    for (const WebhookConfiguration& configuration : *configurations) {
      if (planned->bundle.empty() || !lacks(configuration, planned->bundle)) continue;
      const auto written = write_bundle(client_, configuration, planned->bundle);
      if (!written && !written.error().conflict()) return tl::unexpected(written.error());
      raced |= !written;
      if (written) say_(fmt::format("gave {} its caBundle", configuration.name));
    }
    if (!raced) return planned->look_again;
  }
  return now;
}

}  // namespace stateward
