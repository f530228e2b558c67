#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "cli/github_report.h"
#include "cli/junit_report.h"
#include "cli/markdown_report.h"
#include "test/unit/judged_fixture.h"

using namespace stateward;

namespace {

using Json = nlohmann::json;

const std::string kPod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";
constexpr Span kBroken{{3, 1}, {3, 2}};

std::string github(const JudgedFixture& set) {
  const std::string all = set.written<GithubReport>({});
  return all.substr(0, all.find("0 objects"));
}

std::string junit(const JudgedFixture& set, EnforcementAction fail_on = EnforcementAction::deny) {
  return set.written<JunitReport>({}, fail_on);
}

bool holds(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("SARIF: a finding is a result with its rule, region and fingerprints") {
  JudgedFixture set(kPod, "dir/a b:c.yaml");
  set.find("/metadata/name");
  const Json log = set.sarif();
  CHECK(log["version"] == "2.1.0");
  const Json run = log["runs"][0];
  const Json rule = run["tool"]["driver"]["rules"][0];
  CHECK(rule["id"] == "bad-name");
  CHECK(rule["shortDescription"]["text"] == "A name is bad.");
  CHECK(rule["fullDescription"]["text"] == "Nobody can say it.");
  CHECK(rule["help"]["text"] == "Nobody can say it.\n\nWhat to do: rename it");
  CHECK(rule["help"]["markdown"].get<std::string>().find("## What to do") != std::string::npos);
  CHECK(rule["defaultConfiguration"]["level"] == "error");
  const Json result = run["results"][0];
  CHECK(result["ruleId"] == "bad-name");
  CHECK(result["ruleIndex"] == 0);
  CHECK(result["level"] == "error");
  CHECK(result["message"]["text"] == "it is bad. What to do: rename it.");
  CHECK(result["locations"] == Json::parse(R"([{"physicalLocation": {
          "artifactLocation": {"uri": "dir/a%20b%3Ac.yaml"},
          "region": {"startLine": 4, "startColumn": 9, "endLine": 4, "endColumn": 12}},
          "logicalLocations": [{"name": "web", "fullyQualifiedName": "default/Pod/web"}]}])"));
  CHECK(result["partialFingerprints"].size() == 2);
  CHECK_FALSE(result.contains("suppressions"));
  CHECK(run["columnKind"] == "unicodeCodePoints");
  CHECK(run["invocations"][0]["executionSuccessful"] == true);
}

TEST_CASE("SARIF: fingerprints outlive lines that are inserted above") {
  const auto prints = [](const std::string& text) {
    JudgedFixture set(text);
    set.find("/metadata/name");
    return set.sarif()["runs"][0]["results"][0]["partialFingerprints"];
  };
  CHECK(prints("# one\n\n# two\n" + kPod) == prints(kPod));
}

TEST_CASE("SARIF: what is exempt is suppressed, what cannot be read is a result, notes are told") {
  JudgedFixture set(kPod);
  set.find("/kind").exemption = Exemption{.reason = "moves"};
  set.find("/kind").exemption = Exemption{.reason = "moves", .in_settings = true};
  set.trouble(Diagnostic::Severity::error, kBroken, "not YAML");
  set.trouble(Diagnostic::Severity::note, kBroken, "a template");
  const Json run = set.sarif({.broken_off = true})["runs"][0];
  CHECK(run["results"][0]["suppressions"] ==
        Json::parse(R"([{"kind": "inSource", "status": "accepted", "justification": "moves"}])"));
  CHECK(run["results"][0]["level"] == "note");
  CHECK(run["results"][1]["suppressions"][0]["kind"] == "external");
  CHECK(run["results"][2]["ruleId"] == kUnreadable);
  CHECK(run["results"][2]["ruleIndex"] == 1);
  CHECK(run["tool"]["driver"]["rules"][1]["id"] == kUnreadable);
  const Json invocation = run["invocations"][0];
  CHECK(invocation["executionSuccessful"] == false);
  CHECK(invocation["toolExecutionNotifications"].size() == 1);
  CHECK(invocation["toolExecutionNotifications"][0]["message"]["text"] == "a template");
}

TEST_CASE("SARIF: an absolute path is a URI, and a run without findings is whole") {
  JudgedFixture set(kPod, "/srv/größe.yaml");
  CHECK(set.sarif()["runs"][0]["results"] == Json::array());
  set.find("/kind");
  CHECK(set.sarif()["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
                   ["uri"] == "file:///srv/gr%C3%B6%C3%9Fe.yaml");
}

TEST_CASE("what was rendered into standard input is placed in its template, without a line") {
  JudgedFixture set("---\n# Source: web/templates/pod.yaml\n" + kPod, "<stdin>");
  set.find("/metadata/name");
  const Json result = set.sarif()["runs"][0]["results"][0];
  CHECK(result["locations"][0]["physicalLocation"] ==
        Json::parse(R"({"artifactLocation": {"uri": "web/templates/pod.yaml"}})"));
  CHECK(result["message"]["text"] == "it is bad (line 6 as rendered). What to do: rename it.");
  CHECK(result["partialFingerprints"]["primaryLocationLineHash"] ==
        result["partialFingerprints"]["stateward/v1"]);
  CHECK(github(set) ==
        "::error file=web/templates/pod.yaml,title=bad-name::Pod web: it is bad (line 6 as "
        "rendered)%0Aremedy: rename it\n");
  CHECK(set.gitlab()[0]["location"] ==
        Json::parse(R"({"path": "web/templates/pod.yaml", "lines": {"begin": 1, "end": 1}})"));
}

TEST_CASE("what was rendered into a file stays in that file, and the template is beside it") {
  JudgedFixture set("# Source: web/templates/pod.yaml\n" + kPod, "all.yaml");
  set.find("/metadata/name");
  const Json result = set.sarif()["runs"][0]["results"][0];
  CHECK(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "all.yaml");
  CHECK(result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] ==
        "web/templates/pod.yaml");
  CHECK(holds(github(set), "::error file=all.yaml,line=5,"));
  CHECK(holds(github(set), "%0Afrom web/templates/pod.yaml%0Aremedy"));
  CHECK(set.gitlab()[0]["location"]["path"] == "all.yaml");
}

TEST_CASE("GitHub: text of others can neither end a command nor begin one") {
  JudgedFixture set(kPod, "a,b:c%\n::error::x.yaml");
  set.find("/metadata/name", "50%\n::set-output name=x::y\r");
  const std::string commands = github(set);
  CHECK(std::count(commands.begin(), commands.end(), '\n') == 1);
  CHECK(commands ==
        "::error file=a%2Cb%3Ac%25 %3A%3Aerror%3A%3Ax.yaml,line=4,endLine=4,col=9,endColumn=12,"
        "title=bad-name::Pod web: 50%25 ::set-output name=x::y %0Aremedy: rename it\n");
}

TEST_CASE("GitHub: the level is the action's, and how much is not shown is said") {
  JudgedFixture set(kPod);
  set.find("/kind").action = EnforcementAction::warn;
  set.find("/kind").action = EnforcementAction::audit;
  set.find("/kind").exemption = Exemption{.reason = "moves"};
  set.trouble(Diagnostic::Severity::error, kBroken, "not YAML");
  CHECK(holds(github(set), "::warning file="));
  CHECK(holds(github(set), "::notice file="));
  CHECK(holds(github(set), "%0Aexempt: moves\n"));
  CHECK(holds(github(set),
              "::error file=dir/a.yaml,line=3,endLine=3,col=1,endColumn=2,"
              "title=unreadable-document::not YAML\n"));
  CHECK_FALSE(holds(set.written<GithubReport>({}), "GitHub shows"));
  for (int i = 0; i < 10; ++i) set.find("/kind");
  CHECK(holds(set.written<GithubReport>({}),
              "11 error annotations: GitHub shows 10 of a level for each step\n"));
}

TEST_CASE("GitLab: every issue has what it needs, and no two have one fingerprint") {
  JudgedFixture set(kPod);
  set.find("/metadata/name");
  set.find("/metadata/name").exemption = Exemption{.reason = "moves"};
  set.find("/kind").severity = Severity::critical;
  set.trouble(Diagnostic::Severity::error, kBroken, "not YAML");
  set.trouble(Diagnostic::Severity::note, kBroken, "a template");
  const Json issues = set.gitlab();
  REQUIRE(issues.size() == 4);
  CHECK(issues[0]["description"] == "deny: Pod web: it is bad; remedy: rename it");
  CHECK(issues[0]["check_name"] == "bad-name");
  CHECK(issues[0]["severity"] == "critical");
  CHECK(issues[0]["location"] ==
        Json::parse(R"({"path": "dir/a.yaml", "lines": {"begin": 4, "end": 4}})"));
  CHECK(issues[1]["severity"] == "info");
  CHECK(issues[2]["severity"] == "blocker");
  CHECK(issues[3]["check_name"] == kUnreadable);
  std::set<Json> prints;
  for (const Json& issue : issues) prints.insert(issue["fingerprint"]);
  CHECK(prints.size() == 4);
}

TEST_CASE("JUnit: what fails the run is a failure, the rest passes or is skipped") {
  JudgedFixture set(kPod + "---\n" + kPod + "  namespace: shop\n");
  set.find("/metadata/name");
  set.find("/kind").action = EnforcementAction::warn;
  set.find("/kind").exemption = Exemption{.reason = "moves"};
  set.trouble(Diagnostic::Severity::error, kBroken, "not <YAML>");
  const std::string report = junit(set);
  CHECK(holds(report,
              "<testsuite name=\"dir/a.yaml\" tests=\"5\" failures=\"1\" errors=\"1\" "
              "skipped=\"1\">"));
  CHECK(holds(report,
              "name=\"Pod default/web: bad-name at /metadata/name\">\n      <failure "
              "type=\"bad-name\" message=\"it is bad\">"));
  CHECK(holds(report, "name=\"Pod default/web: bad-name at /kind\">\n      <system-out>"));
  CHECK(holds(report,
              "name=\"Pod default/web: bad-name at /kind (2)\">\n      <skipped "
              "message=\"exempt: moves\">"));
  CHECK(holds(report, "name=\"Pod shop/web\"/>"));
  CHECK(holds(report, "<error type=\"unreadable-document\" message=\"not &lt;YAML&gt;\">"));
  CHECK(holds(junit(set, EnforcementAction::warn), "failures=\"2\""));
  CHECK(holds(junit(set, EnforcementAction::off), "failures=\"0\""));
}

TEST_CASE("Markdown: what denies comes first, the same mistake is told once") {
  JudgedFixture set(kPod + "---\n" + kPod);
  set.find("/kind").action = EnforcementAction::warn;
  set.find("/metadata/name", "name \"a\" is bad");
  set.find("/metadata/name", "name \"b\" is bad", 1);
  set.trouble(Diagnostic::Severity::error, kBroken, "not YAML");
  CHECK(set.written<MarkdownReport>({.files = 1, .objects = 2, .denied = 2, .warned = 1}) ==
        "### stateward\n\n"
        "2 objects in 1 file: 2 denied, 1 warning, 0 audited\n\n"
        "#### Cannot be read\n\n"
        "- `dir/a.yaml:3:1` not YAML\n\n"
        "#### Denied\n\n"
        "- **bad-name** (high): name \"a\" is bad\n"
        "  - `dir/a.yaml:4:9` Pod web\n"
        "  - `dir/a.yaml:9:9` Pod web: \"b\"\n"
        "  - remedy: rename it\n\n"
        "#### Warnings\n\n"
        "- **bad-name** (high): it is bad\n"
        "  - `dir/a.yaml:2:7` Pod web\n"
        "  - remedy: rename it\n");
}

TEST_CASE("Markdown: it fits into a comment, and says what does not") {
  JudgedFixture set(kPod);
  const auto say = [&](std::size_t index, EnforcementAction action) {
    std::string word;
    for (std::size_t rest = index + 1; rest > 0; rest /= 26)
      word += static_cast<char>('a' + rest % 26);
    set.find("/kind", word + " " + std::string(200, 'x')).action = action;
  };
  for (std::size_t i = 0; i < 1000; ++i) say(i, EnforcementAction::warn);
  say(2000, EnforcementAction::deny);
  const std::string report = set.written<MarkdownReport>({});
  CHECK(report.size() < 65536);
  CHECK(report.size() > 50000);
  CHECK(report.find("#### Denied") < report.find("#### Warnings"));
  CHECK(holds(report, " more do not fit here; the other formats have them all.\n"));
}

TEST_CASE("of a live cluster each format names the object") {
  JudgedFixture set(kPod);
  set.find("/metadata/name");
  set.in_a_cluster();
  const Json result = set.sarif()["runs"][0]["results"][0];
  CHECK(result["locations"] == Json::parse(R"([{"logicalLocations": [
          {"name": "web", "fullyQualifiedName": "default/Pod/web"}]}])"));
  CHECK(github(set) == "::error title=bad-name::default/Pod web: it is bad%0Aremedy: rename it\n");
  CHECK(set.gitlab()[0]["location"] ==
        Json::parse(R"({"path": "default/Pod/web", "lines": {"begin": 1, "end": 1}})"));
  CHECK(holds(junit(set), "<testsuite name=\"default\""));
  CHECK(holds(set.written<MarkdownReport>({}), "  - `default/Pod/web` `/metadata/name`\n"));
}
