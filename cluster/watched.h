// What is watched in a cluster: each resource, and the fields of its objects that are kept.
#pragma once

#include <span>
#include <string_view>

#include "cluster/api_kind.h"
#include "cluster/projection.h"
#include "engine/object.h"

namespace stateward {

struct WatchedResource : ApiKind {
  std::span<const std::string_view> fields;
  // These too of the few that more is asked about: has_more().
  std::span<const std::string_view> more = {};
  bool namespaced() const { return !is_cluster_scoped(kind); }
};

std::span<const WatchedResource> watched_resources();

// What is kept of its objects: their fields and, of those in namespaces, who they are: name,
// namespace, uid, labels, our annotations, owners, creation and deletion.
Projection projection_of(const WatchedResource& watched, bool more);
// Whether more is kept of it than of others: of a Pod that no controller made, of a Service of
// ours.
bool has_more(const Object& object);
// Whether an object is kept at all: Pods that have ended are not, nor are those of controllers that
// mount no claim.
bool is_kept(const Object& object);

}  // namespace stateward
