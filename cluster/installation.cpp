#include "cluster/installation.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base64.h"

namespace stateward {
namespace {

using Json = nlohmann::json;

constexpr Resource kSecrets{"", "v1", "secrets"};
constexpr std::array<std::pair<Resource, std::string_view>, 2> kConfigurations = {{
    {{"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"},
     kMutatingConfiguration},
    {{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"},
     kValidatingConfiguration},
}};

using Field = std::string AuthoritySecret::*;
constexpr std::array<std::pair<std::string_view, Field>, 5> kFields = {{
    {"ca.crt", &AuthoritySecret::ca_crt},
    {"ca.key", &AuthoritySecret::ca_key},
    {"ca-next.crt", &AuthoritySecret::next_crt},
    {"ca-next.key", &AuthoritySecret::next_key},
    {"state", &AuthoritySecret::state},
}};

ApiResult<void> without_answer(const ApiResult<Document>& result) {
  if (!result) return tl::unexpected(result.error());
  return {};
}

}  // namespace

std::vector<std::string> webhook_names(std::string_view name_space,
                                       std::string_view cluster_domain) {
  const std::string name = fmt::format("{}.{}.svc", kWebhookService, name_space);
  return {name, fmt::format("{}.{}", name, cluster_domain)};
}

ApiResult<StoredAuthority> read_authority(ApiClient& client, std::string_view name_space) {
  const auto found = client.get(kSecrets, name_space, kAuthoritySecret);
  if (!found) return tl::unexpected(found.error());
  StoredAuthority stored{.version =
                             std::string(found->node()["metadata"]["resourceVersion"].text())};
  for (const auto& [key, field] : kFields)
    stored.secret.*field = from_base64(found->node()["data"][key].text()).value_or("");
  return stored;
}

ApiResult<void> write_authority(ApiClient& client, std::string_view name_space,
                                const AuthoritySecret& secret, std::string_view version) {
  Json data = Json::object();
  for (const auto& [key, field] : kFields) {
    const std::string& text = secret.*field;
    data[std::string(key)] = text.empty() ? Json() : Json(base64(text));
  }
  const Json patch = {{"metadata", {{"resourceVersion", version}}}, {"data", data}};
  return without_answer(
      client.patch(kSecrets, name_space, kAuthoritySecret, PatchType::merge, patch.dump()));
}

ApiResult<std::vector<WebhookConfiguration>> read_configurations(ApiClient& client) {
  std::vector<WebhookConfiguration> all;
  for (const auto& [resource, name] : kConfigurations) {
    const auto found = client.get(resource, {}, name);
    if (!found && found.error().not_found()) continue;
    if (!found) return tl::unexpected(found.error());
    WebhookConfiguration configuration{
        .resource = resource,
        .name = std::string(name),
        .version = std::string(found->node()["metadata"]["resourceVersion"].text())};
    for (const Node webhook : found->node()["webhooks"].items()) {
      configuration.webhooks.push_back(
          {.name = std::string(webhook["name"].text()),
           .bundle = from_base64(webhook["clientConfig"]["caBundle"].text()).value_or("")});
    }
    all.push_back(std::move(configuration));
  }
  return all;
}

// A strategic merge patch: the API server finds each webhook by its name, so that selectors and
// whatever else others have changed stay theirs.
ApiResult<void> write_bundle(ApiClient& client, const WebhookConfiguration& configuration,
                             std::string_view bundle) {
  Json webhooks = Json::array();
  for (const WebhookConfiguration::Webhook& webhook : configuration.webhooks) {
    webhooks.push_back({{"name", webhook.name}, {"clientConfig", {{"caBundle", base64(bundle)}}}});
  }
  const Json patch = {{"metadata", {{"resourceVersion", configuration.version}}},
                      {"webhooks", webhooks}};
  return without_answer(client.patch(configuration.resource, {}, configuration.name,
                                     PatchType::strategic, patch.dump()));
}

}  // namespace stateward
