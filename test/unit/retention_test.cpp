#include "engine/retention.h"

#include <doctest/doctest.h>

#include <string>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

std::string set_with(const std::string& name, const std::string& claim_template,
                     const std::string& policy = "") {
  return "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: \"" + name +
         "\"}\nspec:\n  volumeClaimTemplates: [{metadata: {name: \"" + claim_template +
         "\"}}]\n  persistentVolumeClaimRetentionPolicy: {" + policy + "}\n";
}

std::string claim(const std::string& name, const std::string& name_space = "default") {
  return "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " + name +
         ", namespace: " + name_space + "}\n";
}

std::optional<RetentionLabels> labels_of(const std::string& yaml, std::string_view name) {
  const Fixture fixture = Fixture::from_yaml(yaml);
  return retention_labels(fixture.object(Kind::claim, name), fixture.set);
}

}  // namespace

TEST_CASE("the retention of a set's claims is told from both halves of its policy") {
  const auto retention = [](const std::string& policy) {
    const Fixture fixture = Fixture::from_yaml(set_with("web", "data", policy));
    return retention_of(StatefulSet{fixture.object(Kind::stateful_set, "web")});
  };
  CHECK(retention("") == "retain");
  CHECK(retention("whenScaled: Retain, whenDeleted: Retain") == "retain");
  CHECK(retention("whenScaled: Delete") == "delete-on-scale");
  CHECK(retention("whenDeleted: Delete, whenScaled: Retain") == "delete-on-set-delete");
  CHECK(retention("whenDeleted: Delete, whenScaled: Delete") == "delete-always");
}

TEST_CASE("a claim's labels name its set, template, ordinal and retention") {
  const auto labels = labels_of(
      set_with("web", "data", "whenScaled: Delete") + claim("data-web-12"), "data-web-12");
  REQUIRE(labels);
  CHECK(*labels == RetentionLabels{{{"stateward.dev/statefulset", "web"},
                                    {"stateward.dev/claim-template", "data"},
                                    {"stateward.dev/ordinal", "12"},
                                    {"stateward.dev/retention", "delete-on-scale"}}});
}

TEST_CASE("a claim of no set, of another namespace's or of two gets no labels") {
  const std::string web = set_with("web", "data");
  CHECK_FALSE(labels_of(claim("data-web-0"), "data-web-0"));
  CHECK_FALSE(labels_of(web + claim("data-web-01"), "data-web-01"));
  const Fixture elsewhere = Fixture::from_yaml(web + claim("data-web-0", "other"));
  CHECK_FALSE(retention_labels(elsewhere.set.objects().back(), elsewhere.set));
  CHECK_FALSE(labels_of(set_with("petset", "alpha-beta") + set_with("beta-petset", "alpha") +
                            claim("alpha-beta-petset-0"),
                        "alpha-beta-petset-0"));
}

TEST_CASE("names that no label can hold give none") {
  const std::string name(64, 'a');
  CHECK_FALSE(
      labels_of(set_with(name, "data") + claim("data-" + name + "-0"), "data-" + name + "-0"));
  CHECK_FALSE(labels_of(set_with("web", "data-") + claim("data--web-0"), "data--web-0"));
}
