// Paths of the Kubernetes API, built from parts that cannot break out of their place: every segment
// is checked before it becomes part of a URL.
#pragma once

#include <string>
#include <string_view>

#include "engine/result.h"

namespace stateward {

// A kind of object as the API serves it.
struct Resource {
  std::string_view group;    // empty: the core group
  std::string_view version;  // "v1"
  std::string_view plural;   // "statefulsets"
};

// "/apis/apps/v1/namespaces/prod/statefulsets/db/scale" without what is empty: no namespace is the
// whole cluster, no name the collection. Errors name a segment that is neither a DNS-1123 subdomain
// (RFC 1123) nor, for resources and subresources, lower-case letters: "..", "/", "?", "#", "%",
// upper case and NUL never get through.
Result<std::string> api_path(const Resource& resource, std::string_view name_space = {},
                             std::string_view name = {}, std::string_view subresource = {});

// `text` with everything but unreserved characters percent-encoded (RFC 3986 section 2.3): the
// value of a query parameter.
std::string query_value(std::string_view text);

}  // namespace stateward
