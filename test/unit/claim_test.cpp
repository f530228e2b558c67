#include "engine/claim.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

std::string set_with(const std::string& name, const std::string& templates,
                     const std::string& name_space = "default") {
  return "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " + name +
         ", namespace: " + name_space + "}\nspec: {volumeClaimTemplates: [" + templates + "]}\n";
}

// The owners of `claim` as "set/template/ordinal".
std::vector<std::string> owners(const Fixture& fixture, std::string_view claim,
                                std::string_view name_space = "default") {
  std::vector<std::string> all;
  for (const ClaimOwner& owner : owners_of_claim(claim, name_space, fixture.set)) {
    all.push_back(std::string(owner.set->name) + "/" + std::string(owner.claim_template) + "/" +
                  std::to_string(owner.ordinal));
  }
  std::sort(all.begin(), all.end());
  return all;
}

using Owners = std::vector<std::string>;

}  // namespace

TEST_CASE("an ordinal follows exactly its prefix and one dash, without leading zeros") {
  CHECK(ordinal_of("data-web-0", "data-web") == 0);
  CHECK(ordinal_of("data-web-10", "data-web") == 10);
  CHECK(ordinal_of("web-1", "web") == 1);
  CHECK(ordinal_of("data-web-9223372036854775807", "data-web") == INT64_MAX);
  for (const char* name : {"data-web-01",
                           "data-web-00",
                           "data-web-",
                           "data-web",
                           "data-web0",
                           "data-web01",
                           "data-webx1",
                           "data-web--1",
                           "data-web-+1",
                           "data-web- 1",
                           "data-web-1 ",
                           "data-web-1a",
                           "data-web-a",
                           "data-web-0x1",
                           "data-web-1-2",
                           "data-web-x-1",
                           "adata-web-1",
                           "data-we-1",
                           "",
                           "-1",
                           "1",
                           "data-web-9223372036854775808",
                           "data-web-99999999999999999999999999"}) {
    CAPTURE(name);
    CHECK_FALSE(ordinal_of(name, "data-web"));
  }
}

TEST_CASE("a claim belongs to the set and template whose names it is made of") {
  const Fixture fixture =
      Fixture::from_yaml(set_with("web", "{metadata: {name: data}}, {metadata: {name: logs}}") +
                         set_with("web-1", "{metadata: {name: data}}") + set_with("bare", ""));
  CHECK(owners(fixture, "data-web-0") == Owners{"web/data/0"});
  CHECK(owners(fixture, "logs-web-7") == Owners{"web/logs/7"});
  // Whatever the number of replicas.
  CHECK(owners(fixture, "data-web-999") == Owners{"web/data/999"});
  // "data-web-1" is ordinal 1 of web; "data-web-1-0" is ordinal 0 of web-1 and nothing of web.
  CHECK(owners(fixture, "data-web-1") == Owners{"web/data/1"});
  CHECK(owners(fixture, "data-web-1-0") == Owners{"web-1/data/0"});
  for (const char* claim : {"data-web", "data-web-", "data-web-00", "web-0", "data-0",
                            "cache-web-0", "data-bare-0", "xdata-web-0", "data-web-0x"}) {
    CAPTURE(claim);
    CHECK(owners(fixture, claim).empty());
  }
}

TEST_CASE("two sets that give one name to their claims are both answered") {
  const Fixture fixture = Fixture::from_yaml(set_with("petset", "{metadata: {name: alpha-beta}}") +
                                             set_with("beta-petset", "{metadata: {name: alpha}}"));
  CHECK(owners(fixture, "alpha-beta-petset-3") ==
        Owners{"beta-petset/alpha/3", "petset/alpha-beta/3"});
}

TEST_CASE("sets of another namespace own nothing here") {
  const Fixture fixture = Fixture::from_yaml(set_with("web", "{metadata: {name: data}}", "other") +
                                             set_with("db", "{metadata: {name: data}}"));
  CHECK(owners(fixture, "data-web-0").empty());
  CHECK(owners(fixture, "data-web-0", "other") == Owners{"web/data/0"});
  CHECK(owners(fixture, "data-db-0") == Owners{"db/data/0"});
}

TEST_CASE("access modes are read by their whole names, and unknown ones are none") {
  const Fixture fixture = Fixture::from_yaml(
      "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: one}, spec: {accessModes: "
      "[ReadWriteOnce]}}\n---\n"
      "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: many}, spec: {accessModes: "
      "[ReadOnlyMany, ReadWriteMany, rwx, 7]}}\n---\n"
      "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: pod}, spec: {accessModes: "
      "[ReadWriteOncePod]}}\n---\n"
      "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: none}, spec: {accessModes: "
      "ReadWriteMany}}\n");
  const auto modes = [&](const char* name) {
    const AccessModes m = access_modes(fixture.object(Kind::claim, name).spec());
    return std::vector<bool>{m.read_write_once, m.read_only_many, m.read_write_many,
                             m.read_write_once_pod};
  };
  CHECK(modes("one") == std::vector<bool>{true, false, false, false});
  CHECK(modes("many") == std::vector<bool>{false, true, true, false});
  CHECK(modes("pod") == std::vector<bool>{false, false, false, true});
  CHECK(modes("none") == std::vector<bool>{false, false, false, false});
}

TEST_CASE("the Pods of a claim are those that name it, in its namespace, and have not ended") {
  const auto pod = [](const std::string& name, const std::string& claim,
                      const std::string& phase = "Running",
                      const std::string& name_space = "default") {
    return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
           ", namespace: " + name_space +
           "}\nspec: {volumes: [{name: v, persistentVolumeClaim: "
           "{claimName: " +
           claim + "}}]}\nstatus: {phase: " + phase + "}\n";
  };
  const Fixture fixture =
      Fixture::from_yaml(pod("a", "data") + pod("b", "other") + pod("c", "data", "Pending") +
                         pod("d", "data", "Succeeded") + pod("e", "data", "Failed") +
                         pod("f", "data", "Running", "elsewhere"));
  const auto pods = pods_with_claim("data", "default", fixture.set);
  REQUIRE(pods.size() == 2);
  CHECK(pods[0]->name == "a");
  CHECK(pods[1]->name == "c");
}

TEST_CASE("a volume is read-only by its source or by all its mounts") {
  const auto read_only = [](const std::string& source, const std::string& mounts) {
    const Fixture fixture = Fixture::from_yaml(
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, "
        "volumeMounts: [" +
        mounts +
        "]}], volumes: [{name: v, persistentVolumeClaim: {claimName: "
        "data" +
        source + "}}]}}");
    const PodSpec pod = pod_spec_of(fixture.object(Kind::pod, "p"));
    return is_read_only(pod, claim_volumes(pod).front().volume);
  };
  CHECK(read_only(", readOnly: true", "{name: v}"));
  CHECK(read_only("", "{name: v, readOnly: true}"));
  CHECK_FALSE(read_only("", "{name: v, readOnly: true}, {name: v}"));
  CHECK_FALSE(read_only("", "{name: other, readOnly: true}"));
}
