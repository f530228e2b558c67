#include "cluster/api_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/decide.h"
#include "engine/names.h"

namespace stateward {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

bool is_version(std::string_view text) { return is_dns_label(text) && text.front() == 'v'; }

}  // namespace

Result<std::string> api_path(const Resource& resource, std::string_view name_space,
                             std::string_view name, std::string_view subresource) {
  constexpr std::size_t kShown = 60;
  const auto refuse = [](std::string_view what, std::string_view text) {
    return fail(fmt::format("\"{}\" is no {}", printable(text, kShown), what));
  };
  if (!resource.group.empty() && !is_dns_subdomain(resource.group))
    return refuse("API group", resource.group);
  if (!is_version(resource.version)) return refuse("API version", resource.version);
  if (!is_word(resource.plural)) return refuse("resource", resource.plural);
  if (!name_space.empty() && !is_dns_label(name_space)) return refuse("namespace", name_space);
  if (!name.empty() && !is_dns_subdomain(name)) return refuse("object name", name);
  if (!subresource.empty() && (!is_word(subresource) || name.empty()))
    return refuse("subresource", subresource);

  std::string path = resource.group.empty()
                         ? fmt::format("/api/{}", resource.version)
                         : fmt::format("/apis/{}/{}", resource.group, resource.version);
  if (!name_space.empty()) path += fmt::format("/namespaces/{}", name_space);
  path += fmt::format("/{}", resource.plural);
  if (!name.empty()) path += fmt::format("/{}", name);
  if (!subresource.empty()) path += fmt::format("/{}", subresource);
  return path;
}

std::string query_value(std::string_view text) {
  const auto unreserved = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  };
  std::string encoded;
  for (const char c : text) {
    if (unreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace stateward
