// The objects that an installation of stateward consists of, as far as the program itself reads or
// writes them: the Secret of the authority and the two webhook configurations. Names are part of
// the public contract.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certs/rotation.h"
#include "cluster/api_client.h"

namespace stateward {

inline constexpr std::string_view kAuthoritySecret = "stateward-authority";
inline constexpr std::string_view kWebhookService = "stateward-webhook";
inline constexpr std::string_view kControllerLease = "stateward-controller";
inline constexpr std::string_view kMutatingConfiguration = "stateward-mutating";
inline constexpr std::string_view kValidatingConfiguration = "stateward-validating";

// The names that API servers call the webhook's Service by.
std::vector<std::string> webhook_names(std::string_view name_space,
                                       std::string_view cluster_domain = "cluster.local");

struct StoredAuthority {
  AuthoritySecret secret;
  std::string version;  // the Secret's resourceVersion
};
ApiResult<StoredAuthority> read_authority(ApiClient& client, std::string_view name_space);
// 409 where the Secret is not of that version any more.
ApiResult<void> write_authority(ApiClient& client, std::string_view name_space,
                                const AuthoritySecret& secret, std::string_view version);

struct WebhookConfiguration {
  struct Webhook {
    std::string name;
    std::string bundle;  // PEM
  };
  Resource resource;
  std::string name;
  std::string version;
  std::vector<Webhook> webhooks;
};
// Those of the two that exist: one that was deleted stays deleted.
ApiResult<std::vector<WebhookConfiguration>> read_configurations(ApiClient& client);
// Gives `bundle` to every webhook of it, and changes nothing else. 409 where the configuration is
// not of that version any more.
ApiResult<void> write_bundle(ApiClient& client, const WebhookConfiguration& configuration,
                             std::string_view bundle);

}  // namespace stateward
