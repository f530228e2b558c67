// What an API server is asked for, and what its answers are taken for, are the same kind.

#include <doctest/doctest.h>

#include <vector>

#include "cluster/api_kind.h"
#include "cluster/surveyed_resources.h"
#include "cluster/watched.h"

using namespace stateward;

TEST_CASE("a version names its group, and that of the core group none") {
  CHECK(api_path(api::kStatefulSets.resource) == "/apis/apps/v1/statefulsets");
  CHECK(api_path(api::kStorageClasses.resource) == "/apis/storage.k8s.io/v1/storageclasses");
  CHECK(api_path(api::kPods.resource) == "/api/v1/pods");
}

TEST_CASE("what is listed as a kind is what a manifest of that version and name is") {
  std::vector<ApiKind> all(watched_resources().begin(), watched_resources().end());
  all.insert(all.end(), surveyed_resources().begin(), surveyed_resources().end());
  REQUIRE(all.size() > 20);
  for (const ApiKind& one : all) {
    CAPTURE(one.kind_name);
    CHECK(kind_of(one.api_version, one.kind_name) == one.kind);
    CHECK(one.kind != Kind::other);
  }
}
