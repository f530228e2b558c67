#include "engine/evaluate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "engine/decide.h"
#include "engine/yaml_reader.h"

using namespace stateward;

namespace {

// A policy of the test's own: every container named "bad" is a finding.
void find_bad(const Subject& subject, Findings& findings) {
  std::size_t index = 0;
  for (const Node container : subject.object.spec()["containers"].items()) {
    if (container["name"].text().starts_with("bad")) {
      findings.add(Path("/spec/containers") / index / "name", "it is bad");
    }
    ++index;
  }
}

constexpr Policy kBad{.id = "bad-name",
                      .section = "test",
                      .action = EnforcementAction::deny,
                      .guarded = EnforcementAction::deny,
                      .kinds = {Kind::pod},
                      .operations = {Operation::create, Operation::update, Operation::remove},
                      .remedy = "rename it",
                      .check = find_bad};

constexpr Policy kBadSet{.id = "bad-set",
                         .section = "test",
                         .action = EnforcementAction::deny,
                         .guarded = EnforcementAction::deny,
                         .kinds = {Kind::stateful_set},
                         .operations = {Operation::create},
                         .check = find_bad};

constexpr Policy kAbsence{.id = "needs-all",
                          .section = "test",
                          .needs = Needs::absence,
                          .kinds = {Kind::pod},
                          .operations = {Operation::create},
                          .check = find_bad};

constexpr Policy kSiblings{.id = "needs-others",
                           .section = "test",
                           .needs = Needs::siblings,
                           .kinds = {Kind::pod},
                           .operations = {Operation::create},
                           .check = find_bad};

constexpr Policy kLive{.id = "needs-a-cluster",
                       .section = "test",
                       .needs = Needs::live,
                       .kinds = {Kind::pod},
                       .operations = {Operation::create},
                       .check = find_bad};

struct Pod {
  explicit Pod(const std::string& yaml) : read(read_yaml({yaml})) {
    REQUIRE(read.document);
    objects = objects_of(*read.document, "default");
    REQUIRE(objects.size() == 1);
  }
  const Object& object() const { return objects.front(); }
  ReadDocument read;
  std::vector<Object> objects;
};

Pod pod(const std::string& containers, const std::string& metadata = "") {
  return Pod("apiVersion: v1\nkind: Pod\nmetadata: {name: p" + metadata +
             "}\nspec: {containers: [" + containers + "]}\n");
}

struct Asked {
  const Policy* policy = &kBad;
  Operation operation = Operation::create;
  const Object* old = nullptr;
  const char* user = nullptr;
  EnforcementPoint point = EnforcementPoint::admission;
};

Evaluation judge(const Pod& subject, const Asked& asked = {}, const ObjectSet& set = {}) {
  const Request request{.user = asked.user == nullptr ? "" : asked.user};
  const Policy* const policies[] = {asked.policy};
  return evaluate(policies, {.object = subject.object(),
                             .old = asked.old,
                             .set = set,
                             .operation = asked.operation,
                             .point = asked.point,
                             .request = asked.user == nullptr ? nullptr : &request,
                             .today = {2026, 11, 21}});
}

}  // namespace

TEST_CASE("a finding carries what its policy says of it") {
  const Pod bad = pod("{name: bad}");
  const Evaluation result = judge(bad);
  REQUIRE(result.findings.size() == 1);
  const Finding& finding = result.findings.front();
  CHECK(finding.policy == &kBad);
  CHECK(finding.object == &bad.object());
  CHECK(finding.path.text() == "/spec/containers/0/name");
  CHECK(finding.remedy == "rename it");
  CHECK(finding.action == EnforcementAction::deny);
  CHECK_FALSE(finding.existed);
}

TEST_CASE(
    "the ratchet: what the old object has too warns, what is new denies, wherever entries moved") {
  const Pod before = pod("{name: bad-a}, {name: ok}");
  const Pod after = pod("{name: ok}, {name: bad-b}, {name: bad-a}");
  const Evaluation result =
      judge(after, {.operation = Operation::update, .old = &before.object(), .user = "alice"});
  REQUIRE(result.findings.size() == 2);
  CHECK_FALSE(result.findings[0].existed);
  CHECK(result.findings[1].existed);
  CHECK(action_of(result.findings[0], Enforcement::policy) == EnforcementAction::deny);
  CHECK(action_of(result.findings[1], Enforcement::policy) == EnforcementAction::warn);
  CHECK(action_of(result.findings[1], Enforcement::guard) == EnforcementAction::warn);
}

TEST_CASE("threat f: of countless findings in an object the strictest thousand are kept") {
  const Policy mixed{.id = "mixed",
                     .action = EnforcementAction::deny,
                     .guarded = EnforcementAction::deny,
                     .kinds = {Kind::pod},
                     .operations = {Operation::create, Operation::update},
                     .check = [](const Subject& subject, Findings& findings) {
                       std::size_t index = 0;
                       for (const Node container : subject.object.spec()["containers"].items()) {
                         Finding& found = findings.add(Path("/spec/containers") / index++, "it is");
                         const std::string_view name = container["name"].text();
                         if (name.starts_with("mild")) found.as_info();
                         if (name.starts_with("guarded"))
                           found.with_action(EnforcementAction::warn);
                       }
                     }};
  const auto found = [&](std::size_t before, const std::string& names, std::size_t after) {
    std::string containers;
    for (std::size_t i = 0; i < before; ++i) containers += "{name: mild}, ";
    containers += names;
    for (std::size_t i = 0; i < after; ++i) containers += ", {name: mild}";
    const Pod many = pod(containers);
    const auto findings = judge(many, {.policy = &mixed, .old = &many.object()}).findings;
    for (const Finding& finding : findings) CHECK(finding.existed);
    std::multiset<std::string> kept;
    for (const Finding& finding : findings) {
      if (finding.guarded == EnforcementAction::deny) kept.insert(finding.path.text());
    }
    CHECK(findings.size() == std::min<std::size_t>(before + after + 2, 1000));
    return kept;
  };
  const std::string two = "{name: bad}, {name: guarded}";
  for (const std::size_t before : {0U, 1U, 500U, 996U, 997U, 998U, 999U, 1000U, 1001U, 3000U}) {
    for (const std::size_t after : {0U, 1U, 2U, 3U, 998U, 2000U}) {
      CAPTURE(before);
      CAPTURE(after);
      const auto place = [&](std::size_t index) {
        return (Path("/spec/containers") / (before + index)).text();
      };
      CHECK(found(before, two, after) == std::multiset<std::string>{place(0), place(1)});
    }
  }
  std::string worse = "{name: guarded}";
  for (int i = 0; i < 2000; ++i) worse += ", {name: guarded}";
  const auto denied = judge(pod(worse + ", {name: bad}, {name: guarded}"), {.policy = &mixed});
  CHECK(denied.findings.size() == 1000);
  CHECK(std::any_of(denied.findings.begin(), denied.findings.end(), [](const Finding& finding) {
    return finding.action == EnforcementAction::deny;
  }));
}

TEST_CASE("the ratchet judges the old object for the same release") {
  const Policy old_release{.id = "old-release",
                           .kinds = {Kind::pod},
                           .operations = {Operation::update},
                           .check = [](const Subject& subject, Findings& findings) {
                             if (subject.kubernetes == KubernetesVersion{1, 20})
                               findings.add("/spec", "it is 1.20");
                           }};
  const Pod one = pod("{name: a}");
  const Policy* const policies[] = {&old_release};
  const Evaluation result = evaluate(policies, {.object = one.object(),
                                                .old = &one.object(),
                                                .set = {},
                                                .operation = Operation::update,
                                                .kubernetes = {1, 20}});
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings.front().existed);
}

TEST_CASE("an owner reference lowers denials to audit for a service account, never for a person") {
  const auto set = [](const std::string& owner) {
    return Pod("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s, ownerReferences: [" +
               owner + "]}\nspec: {containers: [{name: bad}]}\n");
  };
  const Pod owned = set("{kind: X, name: x, controller: true}");
  const auto action = [](const Pod& subject, const char* user) {
    return judge(subject, {.policy = &kBadSet, .user = user}).findings.front().action;
  };
  CHECK(action(owned, "system:serviceaccount:operators:x") == EnforcementAction::audit);
  CHECK(action(owned, "eve") == EnforcementAction::deny);
  CHECK(action(set("{kind: X, name: x}"), "system:serviceaccount:operators:x") ==
        EnforcementAction::deny);
}

TEST_CASE("a member's owner is its set, which lowers nothing") {
  const Pod member =
      pod("{name: bad}", ", ownerReferences: [{kind: StatefulSet, name: x, controller: true}]");
  CHECK(judge(member, {.user = "system:serviceaccount:operators:x"}).findings.front().action ==
        EnforcementAction::deny);
}

TEST_CASE("system actors are not judged and the autoscaler is never denied") {
  const Pod bad = pod("{name: bad}");
  CHECK(judge(bad, {.user = "system:node:n1"}).findings.empty());
  CHECK(judge(bad, {.user = "system:kube-controller-manager"}).findings.empty());
  CHECK(judge(bad, {.user = "system:node:"}).findings.size() == 1);
  const auto scaled =
      judge(bad, {.user = "system:serviceaccount:kube-system:horizontal-pod-autoscaler"});
  REQUIRE(scaled.findings.size() == 1);
  CHECK(scaled.findings.front().action == EnforcementAction::warn);
}

TEST_CASE("an object that is being deleted has nothing new found, but its deletion is judged") {
  const Pod going = pod("{name: bad}", ", deletionTimestamp: \"2026-11-21T00:00:00Z\"");
  CHECK(judge(going, {.operation = Operation::update}).findings.empty());
  CHECK(judge(going, {.operation = Operation::remove}).findings.size() == 1);
}

TEST_CASE("nothing is concluded from what is not there unless the set is complete") {
  const Pod bad = pod("{name: bad}");
  const Evaluation partial = judge(bad, {.policy = &kAbsence, .point = EnforcementPoint::validate});
  CHECK(partial.findings.empty());
  REQUIRE(partial.skipped.size() == 1);
  CHECK(partial.skipped.front().policy == &kAbsence);
  const ObjectSet complete({}, ObjectSet::Coverage::complete);
  CHECK(judge(bad, {.policy = &kAbsence}, complete).findings.size() == 1);
}

TEST_CASE("a policy that looks at other objects runs on files and waits for the inventory online") {
  const Pod bad = pod("{name: bad}");
  CHECK(judge(bad, {.policy = &kSiblings, .point = EnforcementPoint::validate}).findings.size() ==
        1);
  CHECK(judge(bad, {.policy = &kSiblings, .point = EnforcementPoint::admission}).skipped.size() ==
        1);
}

TEST_CASE("a policy about what runs is asked only where a whole cluster is audited") {
  const Pod bad = pod("{name: bad}");
  const ObjectSet complete({}, ObjectSet::Coverage::complete);
  for (const EnforcementPoint point : {EnforcementPoint::admission, EnforcementPoint::validate}) {
    const Evaluation elsewhere = judge(bad, {.policy = &kLive, .point = point}, complete);
    CHECK(elsewhere.findings.empty());
    CHECK(elsewhere.skipped.empty());
    CHECK(missing_knowledge(kLive, ObjectSet(), point).empty());
  }
  const Asked audit{.policy = &kLive, .point = EnforcementPoint::audit};
  CHECK(judge(bad, audit, complete).findings.size() == 1);
  const Evaluation partial = judge(bad, audit);
  CHECK(partial.findings.empty());
  CHECK(partial.skipped.size() == 1);
}

TEST_CASE("an exemption with a reason holds until its day and not in guarded namespaces") {
  const auto exempted = [](const char* text) {
    return judge(
               pod("{name: bad}",
                   std::string(", annotations: {stateward.dev/exempt.bad-name: \"") + text + "\"}"))
        .findings.front();
  };
  const Finding held = exempted("migrating; until 2026-11-21");
  REQUIRE(held.exemption);
  CHECK(held.exemption->reason == "migrating");
  CHECK(action_of(held, Enforcement::policy) == EnforcementAction::audit);
  CHECK(action_of(held, Enforcement::guard) == EnforcementAction::deny);
  CHECK_FALSE(exempted("migrating; until 2026-11-20").exemption);
  CHECK_FALSE(exempted("; until 2027-01-01").exemption);
}

namespace {

// A consequence of "bad-name", or so it says, at the whole object or at each container.
void find_consequence(const Subject&, Findings& findings) {
  findings.add("/spec", "so it is bad, too");
}
void find_each(const Subject& subject, Findings& findings) {
  for (std::size_t index = 0; index < subject.object.spec()["containers"].size(); ++index)
    findings.add(Path("/spec/containers") / index / "image", "so it is bad, too");
}

constexpr Policy kConsequence{.id = "consequence",
                              .section = "test",
                              .action = EnforcementAction::deny,
                              .guarded = EnforcementAction::deny,
                              .kinds = {Kind::pod},
                              .operations = {Operation::create, Operation::update},
                              .implied_by = {"bad-set", "bad-name"},
                              .check = find_consequence};

Evaluation judge_both(const Pod& subject, const Policy& consequence, const Object* old = nullptr) {
  const Policy* const policies[] = {&consequence, &kBad};
  const ObjectSet set;
  return evaluate(policies, {.object = subject.object(),
                             .old = old,
                             .set = set,
                             .operation = old == nullptr ? Operation::create : Operation::update,
                             .point = EnforcementPoint::validate,
                             .today = {2026, 11, 21}});
}

}  // namespace

TEST_CASE("a finding that follows from another is marked, and not said again") {
  const Evaluation result = judge_both(pod("{name: bad}"), kConsequence);
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].implied_by == &kBad);
  CHECK(result.findings[1].implied_by == nullptr);
  const Decision decision = decide(result.findings, Enforcement::policy);
  CHECK_FALSE(decision.allowed);
  CHECK(decision.message.find("bad-name") != std::string::npos);
  CHECK(decision.message.find("consequence") == std::string::npos);
  CHECK(judge_both(pod("{name: good}"), kConsequence).findings[0].implied_by == nullptr);
}

TEST_CASE("what is left unsaid may not be worse than what is said") {
  const auto implied = [](const Policy& consequence, const std::string& metadata = "") {
    return judge_both(pod("{name: bad}", metadata), consequence).findings[0].implied_by != nullptr;
  };
  Policy worse = kConsequence;
  CHECK(implied(worse));
  worse.severity = Severity::high;
  CHECK_FALSE(implied(worse));
  CHECK_FALSE(implied(kConsequence, ", annotations: {stateward.dev/exempt.bad-name: soon}"));
  // The cause was there before and cannot deny; what follows from it is new.
  const Pod before = pod("{name: bad}");
  Policy only_new = kConsequence;
  only_new.needs = Needs::old_object;
  CHECK(judge_both(pod("{name: bad}"), kConsequence, &before.object()).findings[0].implied_by !=
        nullptr);
  CHECK(judge_both(pod("{name: bad}"), only_new, &before.object()).findings[0].implied_by ==
        nullptr);
}

TEST_CASE("what is wrong with one container implies nothing of another") {
  Policy each = kConsequence;
  each.check = find_each;
  const Evaluation result = judge_both(pod("{name: good}, {name: bad}"), each);
  REQUIRE(result.findings.size() == 3);
  CHECK(result.findings[0].implied_by == nullptr);
  CHECK(result.findings[1].implied_by == &kBad);
}

TEST_CASE("a denial names policy, place and remedy; an observed namespace gets a warning instead") {
  const Pod bad = pod("{name: bad}");
  const Evaluation result = judge(bad);
  const Decision denied = decide(result.findings, Enforcement::policy);
  CHECK_FALSE(denied.allowed);
  CHECK(denied.code == 403);
  CHECK(denied.message == "[bad-name] it is bad at /spec/containers/0/name: rename it");
  const Decision observed = decide(result.findings, Enforcement::observe);
  CHECK(observed.allowed);
  REQUIRE(observed.warnings.size() == 1);
  CHECK(observed.warnings.front() == "[bad-name] it is bad");
  REQUIRE(observed.audit.size() == 1);
  CHECK(observed.audit.front().first == "bad-name");
}

TEST_CASE("warnings stay within what the API server passes on") {
  std::string many;
  for (int i = 0; i < 30; ++i) many += "{name: bad-" + std::to_string(i) + "},";
  const Pod bad = pod(many);
  const Evaluation result = judge(bad);
  const Decision decision = decide(result.findings, Enforcement::observe);
  CHECK(decision.warnings.size() == 10);
  CHECK(decision.warnings.back().find("21 more") != std::string::npos);
  CHECK(decide(result.findings, Enforcement::policy).message.size() <= 1024);
  REQUIRE(decision.audit.size() == 1);
}

TEST_CASE("printed text has no control characters and is cut between characters") {
  CHECK(printable("a\nb\tc\x7F", 100) == "a b c ");
  CHECK(printable("ok\xC2\x85\xE2\x80\xA8ok", 100) == "ok     ok");
  CHECK(printable("ééééé", 7) == "éé...");
  CHECK(printable("short", 5) == "short");
}
