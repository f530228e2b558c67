// What users decide in a stateward.yaml, and what becomes of findings by it.

#include "engine/settings.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/schema_check.h"
#include "cli/settings_file.h"
#include "engine/decide.h"
#include "engine/evaluate.h"
#include "policies/catalogue.h"
#include "test/unit/fixture.h"
#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

constexpr const char* kHead = "apiVersion: stateward.dev/v1\nkind: Settings\n";
constexpr Date kToday{2026, 11, 21};

std::shared_ptr<const Settings> settings(const std::string& body) {
  SettingsReading reading = read_settings(kHead + body, "stateward.yaml");
  for (const Diagnostic& problem : reading.problems) MESSAGE(problem.message);
  REQUIRE(reading.settings);
  return reading.settings;
}

// "line:column message" of each problem.
std::vector<std::string> problems(const std::string& text) {
  std::vector<std::string> all;
  for (const Diagnostic& problem : read_settings(text, "stateward.yaml").problems) {
    CHECK(problem.file == "stateward.yaml");
    all.push_back(fmt::format("{}:{} {}", problem.span.start.line, problem.span.start.column,
                              problem.message));
  }
  return all;
}

// Three replicas that share a claim that nobody knows: denied by default.
constexpr const char* kSet = R"(apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger, namespace: prod-eu, labels: {team: storage}}
spec:
  serviceName: ledger
  replicas: 3
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers:
        - name: ledger
          image: "registry.example.com/ledger:2@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          volumeMounts: [{name: v, mountPath: /v}]
      volumes: [{name: v, persistentVolumeClaim: {claimName: ledger}}]
)";

std::vector<Finding> findings(const Fixture& fixture, const Settings* settings,
                              std::string_view policy) {
  const auto all = policies::all_policies();
  Evaluation result = evaluate(all, {.object = fixture.object(Kind::stateful_set, "ledger"),
                                     .set = fixture.set,
                                     .today = kToday,
                                     .settings = settings});
  std::erase_if(result.findings,
                [&](const Finding& finding) { return finding.policy->id != policy; });
  return std::move(result.findings);
}

struct Actions {
  EnforcementAction ordinary;
  EnforcementAction guarded;
  bool operator==(const Actions&) const = default;
};

Actions actions(const std::string& body, std::string_view policy = "shared-claim") {
  const Fixture fixture = Fixture::from_yaml(kSet);
  const auto decided = settings(body);
  const auto found = findings(fixture, decided.get(), policy);
  if (found.empty()) return {EnforcementAction::off, EnforcementAction::off};
  REQUIRE(found.size() == 1);
  return {action_of(found.front(), Enforcement::policy),
          action_of(found.front(), Enforcement::guard)};
}

constexpr auto off = EnforcementAction::off;
constexpr auto audit = EnforcementAction::audit;
constexpr auto warn = EnforcementAction::warn;
constexpr auto deny = EnforcementAction::deny;

}  // namespace

TEST_CASE("a star stands for any text, and nothing else is special") {
  for (const char* text : {"prod-eu", "prod-", "prod-a*"}) CHECK(matches_pattern("prod-*", text));
  for (const char* text : {"prod", "xprod-", ""}) CHECK_FALSE(matches_pattern("prod-*", text));
  CHECK(matches_pattern("*", ""));
  CHECK(matches_pattern("a*b*c", "a1b2b3c"));
  CHECK_FALSE(matches_pattern("a*b*c", "a1b2b3"));
  CHECK(matches_pattern("*-db", "x-db-db"));
  CHECK_FALSE(matches_pattern("a.c", "abc"));
  CHECK_FALSE(matches_pattern("", "a"));
  // Many stars over a long text that does not end as they ask for take no time.
  std::string stars;
  for (int count = 0; count < 50; ++count) stars += "a*";
  CHECK_FALSE(matches_pattern(stars + "b", std::string(10'000, 'a')));
}

TEST_CASE("an action that is set takes the place of the policy's own") {
  CHECK(actions("") == Actions{deny, deny});
  CHECK(actions("policies: {shared-claim: {action: warn}}") == Actions{warn, deny});
  CHECK(actions("policies: {shared-claim: {action: audit, guarded: warn}}") ==
        Actions{audit, warn});
  CHECK(actions("policies: {shared-claim: {guarded: audit}}") == Actions{deny, deny});
  CHECK(actions("policies: {missing-readiness-probe: {action: deny}}", "missing-readiness-probe") ==
        Actions{deny, deny});
}

TEST_CASE("off is off everywhere, unless guarded namespaces are told apart") {
  CHECK(actions("policies: {shared-claim: {action: off}}") == Actions{off, off});
  CHECK(actions("policies: {shared-claim: {action: \"off\"}}") == Actions{off, off});
  CHECK(actions("policies: {shared-claim: {action: off, guarded: deny}}") == Actions{off, deny});
}

TEST_CASE("what a policy itself holds for less is not raised") {
  // At one replica it is a warning.
  std::string one = kSet;
  one.replace(one.find("  serviceName: ledger\n"), 22, "");
  one.replace(one.find("replicas: 3"), 11, "replicas: 1");
  const Fixture fixture = Fixture::from_yaml(one);
  const auto decided = settings("policies: {missing-service-name: {action: deny, severity: low}}");
  const auto usual = findings(fixture, nullptr, "missing-service-name");
  const auto found = findings(fixture, decided.get(), "missing-service-name");
  REQUIRE(usual.size() == 1);
  REQUIRE(found.size() == 1);
  CHECK(usual.front().action == warn);
  CHECK(found.front().action == warn);
}

TEST_CASE("later rules win where they match, field by field") {
  const std::string rules = R"(
policies: {shared-claim: {action: warn, severity: low}}
overrides:
  - namespaces: ["prod-*"]
    policies: {shared-claim: {action: audit}}
  - namespaces: [staging]
    policies: {shared-claim: {action: off}}
)";
  const Fixture fixture = Fixture::from_yaml(kSet);
  const auto decided = settings(rules);
  const auto found = findings(fixture, decided.get(), "shared-claim");
  REQUIRE(found.size() == 1);
  CHECK(found.front().action == audit);
  CHECK(found.front().severity == Severity::low);
}

TEST_CASE("a pattern means objects by namespace, kind, name and labels, all at once") {
  const auto wanted = [](const std::string& pattern) {
    return actions("overrides: [{" + pattern + ", policies: {shared-claim: {action: audit}}}]")
               .ordinary == audit;
  };
  CHECK(wanted("namespaces: [prod-eu]"));
  CHECK_FALSE(wanted("namespaces: [prod-us, prod]"));
  CHECK(wanted("kinds: [Pod, StatefulSet]"));
  CHECK_FALSE(wanted("kinds: [Pod]"));
  CHECK(wanted("names: [led*]"));
  CHECK_FALSE(wanted("names: [ledger-*]"));
  CHECK(wanted("selector: {matchLabels: {team: storage}}"));
  CHECK_FALSE(wanted("selector: {matchLabels: {team: web}}"));
  CHECK(wanted("selector: {matchExpressions: [{key: team, operator: In, values: [storage]}]}"));
  CHECK_FALSE(wanted("namespaces: [prod-eu], names: [other]"));
}

TEST_CASE("an exemption in settings holds in guarded namespaces too, until its end") {
  const auto excepted = [](const std::string& fields) {
    return actions("exemptions: [{policies: [shared-claim], " + fields + "}]");
  };
  CHECK(excepted("reason: it is a trial, owner: storage") == Actions{audit, audit});
  CHECK(excepted("reason: it is a trial, until: 2026-11-21") == Actions{audit, audit});
  CHECK(excepted("reason: it is a trial, until: 2026-11-20") == Actions{deny, deny});
  CHECK(excepted("reason: it is a trial, until: soon") == Actions{deny, deny});
  CHECK(excepted("owner: storage") == Actions{deny, deny});
  CHECK(excepted("reason: it is a trial, names: [other]") == Actions{deny, deny});
  CHECK(actions("exemptions: [{policies: [bare-pod-with-claim], reason: r}]") ==
        Actions{deny, deny});

  const Fixture fixture = Fixture::from_yaml(kSet);
  const auto decided = settings(
      "exemptions: [{policies: [shared-claim], reason: a trial, owner: storage, until: "
      "2027-01-31}]");
  const auto found = findings(fixture, decided.get(), "shared-claim");
  REQUIRE(found.size() == 1);
  REQUIRE(found.front().exemption);
  CHECK(found.front().exemption->reason == "a trial");
  CHECK(found.front().exemption->owner == "storage");
  CHECK(found.front().exemption->until == Date{2027, 1, 31});
}

TEST_CASE("parameters reach their policy") {
  CHECK(actions("policies: {shared-claim: {parameters: {unknown: warn}}}") == Actions{warn, warn});
  std::string slow = kSet;
  slow.replace(slow.find("          volumeMounts"), 0,
               "          livenessProbe: {tcpSocket: {port: 1}, initialDelaySeconds: 30}\n");
  const Fixture fixture = Fixture::from_yaml(slow);
  const std::string_view id = "liveness-without-startup-budget";
  CHECK(findings(fixture, nullptr, id).size() == 1);
  const auto decided =
      settings(fmt::format("policies: {{{}: {{parameters: {{enoughSeconds: 60}}}}}}", id));
  CHECK(findings(fixture, decided.get(), id).empty());
}

TEST_CASE("injections can be switched off, everywhere or for some objects") {
  std::string nameless = kSet;
  nameless.replace(nameless.find("  serviceName: ledger\n"), 22, "");
  const Fixture fixture = Fixture::from_yaml(nameless);
  const auto injections = policies::all_injections();
  const auto patch = [&](const std::string& body) {
    const auto decided = settings(body);
    return to_json(mutate(injections, {.object = fixture.object(Kind::stateful_set, "ledger"),
                                       .set = fixture.set,
                                       .settings = decided.get()}));
  };
  CHECK(patch("").find("serviceName") != std::string::npos);
  CHECK(patch("injections: {inject-service-name: false}").find("serviceName") == std::string::npos);
  CHECK(patch("overrides: [{names: [other], injections: {inject-service-name: off}}]")
            .find("serviceName") != std::string::npos);
  CHECK(patch("overrides: [{names: [ledger], injections: {inject-service-name: off}}]")
            .find("serviceName") == std::string::npos);
}

TEST_CASE("what is wrong in settings is told with its place and the nearest known word") {
  using Strings = std::vector<std::string>;
  CHECK(problems(kHead + std::string("polices: {}\n")) ==
        Strings{"3:1 /polices: \"polices\" is not known; did you mean policies?"});
  CHECK(problems(kHead + std::string("policies:\n  shared-clam: {action: warn}\n")) ==
        Strings{"4:3 /policies/shared-clam: \"shared-clam\" is not known; did you mean "
                "shared-claim?"});
  CHECK(problems(kHead + std::string("policies:\n  shared-claim: {action: denyy}\n")) ==
        Strings{"4:26 /policies/shared-claim/action: \"denyy\" is none of deny, warn, audit, off"});
  CHECK(problems(kHead + std::string("overrides:\n  - namespaces: dev\n")) ==
        Strings{"4:17 /overrides/0/namespaces: is \"dev\", and must be a list"});
  CHECK(problems(kHead + std::string("overrides:\n  - namespaces: []\n")) ==
        Strings{"4:5 /overrides/0/namespaces: must not be empty"});
  CHECK(problems(kHead + std::string("exemptions:\n  - names: [x]\n")) ==
        Strings{"4:5 /exemptions/0: needs \"policies\""});
  CHECK(problems(kHead + std::string("policies:\n  shared-claim: {parameters: {unknown: no}}\n")) ==
        Strings{"4:40 /policies/shared-claim/parameters/unknown: false is none of deny, warn"});
  CHECK(problems(kHead + std::string("policies:\n  liveness-without-startup-budget:\n    "
                                     "parameters: {enoughSeconds: 0}\n")) ==
        Strings{"5:33 /policies/liveness-without-startup-budget/parameters/enoughSeconds: 0 is "
                "not between 1 and 86400"});
  CHECK(problems("kind: Settings\n") == Strings{"1:1 needs \"apiVersion\""});
  CHECK(problems("") == Strings{"1:1 there are no settings in it"});
  CHECK(problems(std::string(kHead) + "---\n" + kHead) ==
        Strings{"4:1 settings are one document, and this is another"});
  CHECK(problems("a: [\n").size() == 1);
  CHECK(problems("[]\n") == Strings{"1:1 is [], and must be a map"});
  // All of them at once, by place.
  CHECK(problems(kHead + std::string("polices: {}\ninjektions: {}\n")).size() == 2);
}

TEST_CASE("the nearest stateward.yaml above is found, within the repository") {
  namespace fs = std::filesystem;
  const TempFolder folder;
  const fs::path root = folder.path();
  fs::create_directories(root / "repo/.git");
  fs::create_directories(root / "repo/deploy/prod");
  CHECK_FALSE(find_settings(root / "repo/deploy/prod"));
  folder.write("stateward.yaml", kHead);
  CHECK_FALSE(find_settings(root / "repo/deploy/prod"));
  folder.write("repo/stateward.yaml", kHead);
  CHECK(find_settings(root / "repo/deploy/prod") == fs::path("../../stateward.yaml"));
  CHECK(find_settings(root / "repo/deploy/./prod/.") == fs::path("../../stateward.yaml"));
  CHECK(find_settings((root / "repo/deploy/").string() + "/") == fs::path("../stateward.yaml"));
  folder.write("repo/deploy/prod/stateward.yaml", kHead);
  CHECK(find_settings(root / "repo/deploy/prod") == fs::path("stateward.yaml"));
}

TEST_CASE("a schema's complaints have their places, also in lists and behind references") {
  const nlohmann::json schema = settings_schema();
  const auto complaint = [&](const char* value) {
    const auto all = schema_complaints(schema, nlohmann::json::parse(value));
    return all.size() == 1 ? all.front().path.text() : fmt::format("{} complaints", all.size());
  };
  CHECK(complaint(R"({"apiVersion":"stateward.dev/v1","kind":"Settings"})") == "0 complaints");
  CHECK(complaint(R"({"apiVersion":"v1","kind":"Settings"})") == "/apiVersion");
  CHECK(complaint(R"({"apiVersion":"stateward.dev/v1","kind":"Settings","overrides":[{},
    {"selector":{"matchExpressions":[{"key":"a","operator":"in"}]}}]})") ==
        "/overrides/1/selector/matchExpressions/0/operator");
  CHECK(complaint(R"({"apiVersion":"stateward.dev/v1","kind":"Settings","exemptions":[
    {"policies":["no-such-policy"],"reason":"r"}]})") == "/exemptions/0/policies/0");
}
