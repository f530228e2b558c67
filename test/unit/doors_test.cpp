// Four doors, one answer: what `validate` finds in a manifest is what the webhook says of the same
// object, and what it injects applies; and it is what an audit says of a cluster that holds it.
// Over the examples, and over real manifests where they are beside the checkout.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <string>

#include "cli/manifests.h"
#include "cluster/survey.h"
#include "cluster/watched.h"
#include "engine/decide.h"
#include "engine/evaluate.h"
#include "engine/patch.h"
#include "policies/catalogue.h"
#include "test/unit/examples.h"
#include "test/unit/listed_cluster.h"
#include "test/unit/real_manifests.h"
#include "webhook/answer.h"

using namespace stateward;

namespace {

constexpr Date kToday{2026, 11, 21};

struct Catalogue {
  std::vector<const Policy*> policies = policies::all_policies();
  std::vector<const Injection*> injections = policies::all_injections();
};

std::string resource_of(Kind kind) {
  switch (kind) {
    case Kind::stateful_set:
      return "statefulsets";
    case Kind::pod:
      return "pods";
    case Kind::claim:
      return "persistentvolumeclaims";
    default:
      return "";
  }
}

// The object as the API server would send it when somebody creates it.
std::string review_of(const Object& object) {
  const std::size_t slash = object.api_version.find('/');
  const std::string version(
      object.api_version.substr(slash == std::string_view::npos ? 0 : slash + 1));
  std::string body;
  JsonWriter out(body);
  out.begin_object()
      .key("apiVersion")
      .string("admission.k8s.io/v1")
      .key("kind")
      .string("AdmissionReview");
  out.key("request").begin_object().key("uid").string("1");
  const auto versioned = [&](std::string_view key, std::string_view member, std::string_view name) {
    out.key(key).begin_object().key("group").string(object.group()).key("version").string(version);
    out.key(member).string(name).end_object();
  };
  versioned("kind", "kind", object.kind_name);
  versioned("resource", "resource", resource_of(object.kind));
  out.key("name").string(object.name).key("namespace").string(object.name_space);
  out.key("operation").string("CREATE");
  out.key("userInfo").begin_object().key("username").string("alice").end_object();
  out.key("object").node(object.node).key("oldObject").null().end_object().end_object();
  return body;
}

void compare(const Subject& subject, const Catalogue& catalogue) {
  Object object = subject.object;
  object.source = 0;  // a review stands in no file, and some Pods of two files never meet
  const ObjectSet& set = subject.set;
  CAPTURE(object.kind_name);
  CAPTURE(object.name);
  const Request alice{.user = "alice"};
  const Subject offline{.object = object,
                        .set = set,
                        .point = EnforcementPoint::admission,
                        .request = &alice,
                        .today = kToday,
                        .kubernetes = subject.kubernetes};
  const Evaluation found = evaluate(catalogue.policies, offline);
  const auto review = decode_review(review_of(object));
  REQUIRE(review);
  const Judgement judgement{catalogue.policies, catalogue.injections, set, kToday,
                            subject.kubernetes};
  for (const auto& [door, enforcement] : {std::pair(Door::validate, Enforcement::policy),
                                          std::pair(Door::observe, Enforcement::observe),
                                          std::pair(Door::guard, Enforcement::guard)}) {
    const Decision expected = decide(found.findings, enforcement);
    const AdmissionResponse online = answer(*review, door, judgement).response;
    CHECK(online.allowed == expected.allowed);
    CHECK(online.message == expected.message);
    CHECK(fmt::format("{}", fmt::join(online.warnings, "\n")) ==
          fmt::format("{}", fmt::join(expected.warnings, "\n")));
    CHECK(online.audit == expected.audit);
  }
  const Patch patch = answer(*review, Door::mutate, judgement).response.patch;
  CHECK(to_json(patch) == to_json(mutate(catalogue.injections, offline)));
  const auto mended = apply_patch(review->object, patch);
  REQUIRE_MESSAGE(mended, to_json(patch));
  const auto objects = objects_of(*mended, "default");
  REQUIRE(objects.size() == 1);
  CHECK(mutate(catalogue.injections, {.object = objects.front(), .set = set, .request = &alice})
            .empty());
}

// Where an audit says something else than `validate --complete`, and why. Policies that compare
// what runs with what is asked for say something only where something runs: they are no difference,
// for examples let them take manifests for it.
bool may_differ(const Finding& finding) {
  const std::string_view policy = finding.policy->id;
  // A cluster answers in the versions that it serves.
  if (policy == "legacy-api-version") return true;
  // A stored set has replicas, whoever wrote them.
  if (policy == "replicas-owned-by-autoscaler") return true;
  // A stored set has a name, whatever it was made of.
  if (policy == "set-name-too-long") return finding.object->name.empty();
  // Behind a feature gate, which is on where such a set is stored.
  if (policy == "rejected-by-api-server") return finding.action == EnforcementAction::warn;
  if (policy == "unsupported-max-unavailable") return true;
  // An audit reads no configuration, for it may be secret.
  if (policy == "unversioned-config") return true;
  // A claim is "not among the given files", or there is "no such claim in namespace x".
  if (policy == "shared-claim") return true;
  // Of a manifest nobody knows when its claim is made; in a cluster it says so itself.
  if (policy == "pre-existing-claim") return true;
  // A Service may be elsewhere among files; a cluster's namespace has one or none.
  return policy == "missing-governing-service";
}
// Who serves already is not denied the next change for the Pods that its Service selects, nor for
// the budgets that select them.
bool is_weaker_live(std::string_view policy) {
  return policy == "governing-service-selector-mismatch" || policy == "multiple-disruption-budgets";
}

// One line for each finding that must be alike, in no order.
std::multiset<std::string> told(const std::vector<Finding>& findings) {
  std::multiset<std::string> lines;
  for (const Finding& finding : findings) {
    const std::string_view id = finding.policy->id;
    if (may_differ(finding)) continue;
    lines.insert(fmt::format("{} {} {} {}: {}: {} ({})", id, finding.object->kind_name,
                             finding.object->name, finding.path.text(),
                             is_weaker_live(id) ? "" : to_string(finding.action), finding.message,
                             to_string(finding.severity)));
  }
  return lines;
}

std::multiset<std::string> told_by_audit(ListedCluster& cluster, const ExampleFile& file,
                                         const Catalogue& catalogue) {
  cluster.clear();
  for (const Object* object : file.objects()) {
    auto stored = nlohmann::json::parse(to_json(object->node));
    if (!is_cluster_scoped(object->kind)) stored["metadata"]["namespace"] = object->name_space;
    for (const WatchedResource& watched : watched_resources()) {
      if (watched.kind == object->kind && watched.resource.group == object->group())
        stored["apiVersion"] = watched.api_version;
    }
    cluster.add(std::move(stored));
  }
  std::multiset<std::string> lines;
  ApiClient client(cluster.source());
  const auto judge = [&](const SurveyedNamespace& surveyed) {
    for (const Object& object : surveyed.set.objects()) {
      const Evaluation result = evaluate(catalogue.policies, {.object = object,
                                                              .set = surveyed.set,
                                                              .point = EnforcementPoint::audit,
                                                              .today = kToday,
                                                              .kubernetes = file.kubernetes()});
      CHECK(result.skipped.empty());
      lines.merge(told(result.findings));
    }
  };
  const auto done = survey(client, {}, judge, [](const SurveyGap&) {});
  if (!done) lines.insert(done.error().message);
  return lines;
}

}  // namespace

TEST_CASE("every example is told alike by validate and by an audit of a cluster that holds it") {
  const Catalogue catalogue;
  ListedCluster cluster;
  cluster.page = 500;
  std::size_t compared = 0;
  for (const policies::PolicyEntry& entry : policies::policy_entries_of_build()) {
    for (const policies::Example& example : entry.examples) {
      const ExampleFile file(example.text);
      // Settings are no object of a cluster.
      if (file.is_review() || example.text.find("kind: Settings") != std::string_view::npos)
        continue;
      CAPTURE(entry.policy->id);
      CAPTURE(example.file);
      const auto offline = told(file.judge(catalogue.policies));
      const auto live = told_by_audit(cluster, file, catalogue);
      CHECK(fmt::format("{}", fmt::join(live, "\n")) ==
            fmt::format("{}", fmt::join(offline, "\n")));
      compared += offline.size();
    }
  }
  CHECK(compared > 100);
}

TEST_CASE("every example is answered alike through the webhook and offline") {
  const Catalogue catalogue;
  std::size_t compared = 0;
  for (const policies::PolicyEntry& entry : policies::policy_entries_of_build()) {
    for (const policies::Example& example : entry.examples) {
      CAPTURE(entry.policy->id);
      CAPTURE(example.file);
      const ExampleFile file(example.text);
      if (file.is_review()) continue;
      for (const Subject& subject : file.subjects()) {
        if (resource_of(subject.object.kind).empty()) continue;
        compare(subject, catalogue);
        ++compared;
      }
    }
  }
  CHECK(compared > 50);
}

TEST_CASE(
    "every real manifest is answered alike through the webhook and offline, and every patch "
    "applies") {
  const Catalogue catalogue;
  std::size_t compared = 0;
  const bool found = for_each_real_set([&](const Manifests& manifests) {
    for (const Object* object : manifests.judged) {
      if (resource_of(object->kind).empty()) continue;
      CAPTURE(manifests.file_of(*object).name);
      compare({.object = *object, .set = manifests.set}, catalogue);
      ++compared;
    }
  });
  CHECK((compared > 200) == found);
}
