#include "cluster/serving_certificate.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "certs/verify.h"
#include "cluster/installation.h"

namespace stateward {

void ServingCertificate::step(std::chrono::sys_seconds now) {
  mint(now);
  if (identity_ && !accepted_) look_at_bundles(now);
}

void ServingCertificate::mint(std::chrono::sys_seconds now) {
  const auto stored = read_authority(client_, name_space_);
  if (!stored) {
    return say_once(fmt::format("reading Secret {}: {}", kAuthoritySecret, stored.error().message));
  }
  const auto signer = signing_authority(stored->secret, now);
  if (!signer) return say_once(fmt::format("the authority: {}", signer.error().message));
  if (identity_ && !leaf_is_due(*identity_, *signer, now, jitter_)) return;
  auto made = issue(*signer, names_, now, life_);
  if (!made) return say_once(fmt::format("minting a certificate: {}", made.error().message));
  identity_ = std::move(*made);
  use_(*identity_);
  say_(fmt::format("serving a certificate of {} until {:%Y-%m-%dT%H:%M:%SZ}", names_.front(),
                   identity_->not_after));
  said_.clear();
}

void ServingCertificate::look_at_bundles(std::chrono::sys_seconds now) {
  const auto configurations = read_configurations(client_);
  if (!configurations)
    return say_once(fmt::format("reading the configurations: {}", configurations.error().message));
  const auto verified = [&](const WebhookConfiguration::Webhook& webhook) {
    return bundle_verifies(webhook.bundle, identity_->chain, names_.front(), now).has_value();
  };
  for (const WebhookConfiguration& configuration : *configurations) {
    if (!std::all_of(configuration.webhooks.begin(), configuration.webhooks.end(), verified))
      return say_once(fmt::format("{} does not hold our caBundle yet", configuration.name));
  }
  accepted_ = true;
}

void ServingCertificate::say_once(std::string line) {
  if (line == said_) return;
  said_ = std::move(line);
  say_(said_);
}

}  // namespace stateward
