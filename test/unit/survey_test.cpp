#include "cluster/survey.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "test/unit/listed_cluster.h"

using namespace stateward;

namespace {

using Json = nlohmann::json;

Json object(const std::string& api_version, const std::string& kind, const std::string& name_space,
            const std::string& name) {
  Json made = {{"apiVersion", api_version}, {"kind", kind}, {"metadata", {{"name", name}}}};
  if (!name_space.empty()) made["metadata"]["namespace"] = name_space;
  return made;
}

// What a survey tells: "namespace: Kind/name ...", partial ones with a question mark.
struct Told {
  std::vector<std::string> namespaces;
  std::vector<std::string> gaps;
  std::string error;
};

Told tell(const ListedCluster& cluster, const SurveyOptions& options = {}) {
  Told told;
  ApiClient client(cluster.source());
  const auto done = survey(
      client, options,
      [&](const SurveyedNamespace& surveyed) {
        std::string line = fmt::format("{}{}:", surveyed.name, surveyed.set.complete() ? "" : "?");
        for (const Object& one : surveyed.set.objects())
          line += fmt::format(" {}/{}", one.kind_name, one.name);
        told.namespaces.push_back(line);
      },
      [&](const SurveyGap& gap) { told.gaps.push_back(gap.what); });
  if (!done) told.error = done.error().message;
  return told;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a survey brings together what stands in one namespace, in the order of the keys") {
  ListedCluster cluster;
  cluster.page = 1;
  for (const char* name_space : {"a", "a-b", "ab"}) {
    cluster.add(object("apps/v1", "StatefulSet", name_space, "db"));
    cluster.add(object("v1", "Service", name_space, "db"));
    cluster.add(object("v1", "Service", name_space, "web"));
  }
  cluster.add(object("v1", "Pod", "z", "only"));
  const Told told = tell(cluster);
  CHECK(told.error.empty());
  CHECK(told.gaps.empty());
  CHECK(told.namespaces == Lines{"a-b: StatefulSet/db Service/db Service/web",
                                 "a: StatefulSet/db Service/db Service/web",
                                 "ab: StatefulSet/db Service/db Service/web", "z: Pod/only"});
}

TEST_CASE("a survey of named namespaces reads no other, and looks up each Namespace by name") {
  ListedCluster cluster;
  for (const char* name_space : {"a", "b", "c"}) {
    cluster.add(object("v1", "Namespace", "", name_space));
    cluster.add(object("v1", "Service", name_space, "db"));
  }
  CHECK(tell(cluster, {.namespaces = {"c", "a"}}).namespaces ==
        Lines{"c: Service/db", "a: Service/db"});
  for (const std::string& target : cluster.asked()) {
    CAPTURE(target);
    CHECK((target.starts_with("/api/v1/persistentvolumes") ||
           target.starts_with("/apis/storage.k8s.io/v1/storageclasses") ||
           target.find("/namespaces/") != std::string::npos));
  }
  const Told absent = tell(cluster, {.namespaces = {"nowhere"}});
  CHECK(absent.error == "there is no namespace \"nowhere\"");
}

TEST_CASE("namespaces that are left out are never asked for") {
  ListedCluster cluster;
  cluster.add(object("v1", "Service", "kube-system", "dns"));
  cluster.add(object("v1", "Service", "prod", "db"));
  CHECK(tell(cluster, {.left_out = {"kube-system", "kube-public"}}).namespaces ==
        Lines{"prod: Service/db"});
}

TEST_CASE("what may not be listed is said, and makes the sets partial") {
  ListedCluster cluster;
  cluster.add(object("apps/v1", "StatefulSet", "prod", "db"));
  cluster.forbidden = {"pods", "persistentvolumes", "storageclasses"};
  const Told told = tell(cluster);
  CHECK(told.namespaces == Lines{"prod?: StatefulSet/db"});
  CHECK(told.gaps ==
        Lines{"may not list persistentvolumes: which volumes are kept for claims is not known",
              "may not list storageclasses.storage.k8s.io: when and where volumes are made is not "
              "known",
              "may not list pods in all namespaces"});
  cluster.forbidden = {"persistentvolumes"};
  CHECK(tell(cluster).namespaces == Lines{"prod: StatefulSet/db"});
  cluster.forbidden = {"storageclasses"};
  CHECK(tell(cluster).gaps ==
        Lines{"may not list storageclasses.storage.k8s.io: when and where volumes are made is not "
              "known"});
  cluster.forbidden = {"statefulsets"};
  const Told refused = tell(cluster);
  CHECK(refused.namespaces.empty());
  CHECK(refused.error == "may not list statefulsets.apps in all namespaces");
}

TEST_CASE("a list whose token is too old is gone on with, and nothing is seen twice") {
  ListedCluster cluster;
  cluster.expires = true;
  for (int i = 0; i < 9; ++i) cluster.add(object("v1", "Service", "prod", fmt::format("s{}", i)));
  CHECK(tell(cluster).namespaces ==
        Lines{"prod: Service/s0 Service/s1 Service/s2 Service/s3 Service/s4 Service/s5 Service/s6 "
              "Service/s7 Service/s8"});
}

TEST_CASE("a server that does not sort by namespace is noticed") {
  ListedCluster cluster;
  cluster.sorts = false;
  cluster.page = 1;
  for (const char* name_space : {"b", "a"}) cluster.add(object("v1", "Service", name_space, "db"));
  CHECK(tell(cluster).error.find("does not sort services by namespace") != std::string::npos);
  CHECK(tell(cluster, {.namespaces = {}, .left_out = {"b"}}).error.empty());
}

TEST_CASE("the copies that a listed workload controls are not there") {
  ListedCluster cluster;
  const auto controlled = [](Json made, const std::string& api_version, const std::string& kind) {
    made["metadata"]["ownerReferences"] = {
        {{"apiVersion", api_version}, {"kind", kind}, {"name", "x"}, {"controller", true}}};
    return made;
  };
  cluster.add(
      controlled(object("apps/v1", "ReplicaSet", "prod", "of-web"), "apps/v1", "Deployment"));
  cluster.add(controlled(object("apps/v1", "ReplicaSet", "prod", "of-rollout"),
                         "argoproj.io/v1alpha1", "Rollout"));
  cluster.add(object("apps/v1", "ReplicaSet", "prod", "bare"));
  cluster.add(controlled(object("batch/v1", "Job", "prod", "hourly-1"), "batch/v1", "CronJob"));
  cluster.add(controlled(object("v1", "Pod", "prod", "db-0"), "apps/v1", "StatefulSet"));
  CHECK(tell(cluster).namespaces == Lines{"prod: Pod/db-0 ReplicaSet/bare ReplicaSet/of-rollout"});
}

TEST_CASE("objects of the cluster are found from every namespace's set") {
  ListedCluster cluster;
  cluster.add(object("v1", "Namespace", "", "prod"));
  cluster.add(object("v1", "PersistentVolume", "", "v"));
  cluster.add(object("v1", "Service", "prod", "db"));
  ApiClient client(cluster.source());
  std::size_t seen = 0;
  const auto done = survey(
      client, {},
      [&](const SurveyedNamespace& surveyed) {
        ++seen;
        CHECK(surveyed.set.find(Kind::name_space, {}, "prod") != nullptr);
        CHECK(surveyed.set.find(Kind::volume, {}, "v") != nullptr);
        CHECK(surveyed.set.find(Kind::service, "prod", "db") != nullptr);
      },
      [](const SurveyGap&) {});
  CHECK(done);
  CHECK(seen == 1);
}
