#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/json_report.h"
#include "cli/text_report.h"
#include "test/unit/judged_fixture.h"

using namespace stateward;

namespace {

using Json = nlohmann::json;

const std::string kHead = "apiVersion: v1\nkind: Pod\n";

std::string summary_text(const Summary& summary) {
  std::ostringstream out;
  TextReport(out, false).finish(summary);
  return out.str();
}

}  // namespace

TEST_CASE("a finding is printed like a compiler's message") {
  JudgedFixture set(kHead + "metadata:\n  name: web\n");
  set.find("/metadata/name");
  CHECK(set.text() ==
        "dir/a.yaml:4:9: deny: it is bad [bad-name]\n"
        "    4 |   name: web\n"
        "      |         ^~~\n"
        "        remedy: rename it\n"
        "\n");
}

TEST_CASE("the underline stands where the span does") {
  struct Case {
    std::string yaml;
    std::string line;
    std::string underline;
  };
  for (const Case& c : {
           Case{"größe: {ä: ö}\nx: 1\nmetadata: {é: ñ, name: web}", "metadata: {é: ñ, name: web}",
                "                       ^~~"},
           Case{"metadata:\n  name: |\n    one\n    two\n", "  name: |", "        ^"},
           Case{"metadata: {\tname: web}", "metadata: {\tname: web}", "           \t      ^~~"},
           Case{"metadata: {name: ''}\r", "metadata: {name: ''}", "                 ^~"},
       }) {
    JudgedFixture set(kHead + c.yaml + "\n");
    set.find("/metadata/name");
    const std::string text = set.text();
    CAPTURE(text);
    CHECK(text.find(" | " + c.line + "\n      | " + c.underline + "\n") != std::string::npos);
  }
}

TEST_CASE("of a long line the part around the span is shown") {
  JudgedFixture set(kHead + "metadata: {labels: {a: " + std::string(300, 'a') +
                    "}, name: web, x: " + std::string(300, 'b') + "}\n");
  set.find("/metadata/name");
  CHECK(set.text() ==
        "dir/a.yaml:3:333: deny: it is bad [bad-name]\n"
        "    3 | ..." +
            std::string(51, 'a') + "}, name: web, x: " + std::string(72, 'b') +
            "...\n"
            "      | " +
            std::string(63, ' ') +
            "^~~\n"
            "        remedy: rename it\n"
            "\n");
}

TEST_CASE("findings and diagnostics stand in the order of the text") {
  JudgedFixture set(kHead + "metadata:\n  name: web\nspec: {}\n");
  set.find("/kind", "first");
  set.find("/spec", "last");
  set.manifests().diagnostics.push_back({.severity = Diagnostic::Severity::note,
                                         .file = "dir/a.yaml",
                                         .span = {{4, 3}, {4, 7}},
                                         .message = "between"});
  const std::string text = set.text();
  CHECK(text.find("first") < text.find("between"));
  CHECK(text.find("between") < text.find("last"));
  CHECK(text.find("dir/a.yaml:4:3: note: between\n\n") != std::string::npos);
  CHECK(text.find("    5 | spec: {}\n      | ^~~~\n") != std::string::npos);
}

TEST_CASE("whatever was found first, each finding is shown with its own line") {
  JudgedFixture set(kHead + "metadata:\n  name: web\nspec: {}\n");
  set.find("/spec");
  set.find("/kind", "it is a Pod");
  const std::string text = set.text();
  CHECK(text.find("    5 | spec: {}\n      | ^~~~\n") != std::string::npos);
  CHECK(text.find("    2 | kind: Pod\n      |       ^~~\n") != std::string::npos);
}

TEST_CASE("the same mistake is told once, with its other places behind it") {
  const std::string pod = kHead + "metadata:\n  name: ";
  JudgedFixture set(pod + "a\n---\n" + pod + "b\n---\n# Source: c/t.yaml\n" + pod + "c\n");
  set.find("/metadata/name", "name \"a\" is 1 letter");
  set.find("/kind", "it is a Pod");
  set.find("/metadata/name", "name \"b\" is 1 letter", 1);
  set.find("/metadata/name", "name \"a\" is 1 letter", 2);
  CHECK(set.text() ==
        "dir/a.yaml:4:9: deny: name \"a\" is 1 letter [bad-name]\n"
        "    4 |   name: a\n"
        "      |         ^\n"
        "        remedy: rename it\n"
        "        and 2 more like it:\n"
        "          dir/a.yaml:9:9: Pod b: \"b\"\n"
        "          dir/a.yaml:15:9: Pod c (c/t.yaml)\n"
        "\n"
        "dir/a.yaml:2:7: deny: it is a Pod [bad-name]\n"
        "    2 | kind: Pod\n"
        "      |       ^~~\n"
        "        remedy: rename it\n"
        "\n");
  CHECK(set.in_a_cluster().text() ==
        "default/Pod/a: deny: name \"a\" is 1 letter [bad-name]\n"
        "        /metadata/name\n"
        "        remedy: rename it\n"
        "        and 2 more like it:\n"
        "          default/Pod/b: /metadata/name: \"b\"\n"
        "          default/Pod/c: /metadata/name\n"
        "\n"
        "default/Pod/a: deny: it is a Pod [bad-name]\n"
        "        /kind\n"
        "        remedy: rename it\n"
        "\n");
}

TEST_CASE("messages have one shape where only their values differ") {
  const auto same = [](std::string_view left, std::string_view right) {
    return shape_of(left) == shape_of(right);
  };
  CHECK(same("2 replicas share claim \"a b\", which is RWO",
             "30 replicas share claim \"c\", which is RWO"));
  CHECK(same("selects app=web, which the Pods lack", "selects a/b=c, which the Pods lack"));
  CHECK_FALSE(same("container \"a\" has no probe", "container \"a\" has a probe"));
  CHECK_FALSE(same("\"a\" is", "\"a\" is not"));
  CHECK(same("\"unclosed", "\"open"));
  CHECK(differing_values("2 sets of \"a b\", for app=x", "3 sets of \"a\", for app=x") ==
        "2 sets, \"a b\"");
  CHECK(differing_values("it is bad", "it is bad").empty());
}

TEST_CASE("what is not to be told in one breath is told apart") {
  const auto told = [](const auto& change) {
    JudgedFixture set(kHead + "metadata: {name: web}\n");
    set.find("/kind");
    change(set.find("/metadata/name"));
    return set.text().find("more like it") == std::string::npos;
  };
  CHECK_FALSE(told([](Finding&) {}));
  CHECK_FALSE(told([](Finding& finding) { finding.remedy = "rename it"; }));
  CHECK(told([](Finding& finding) { finding.message = "it is worse"; }));
  CHECK(told([](Finding& finding) { finding.remedy = "leave it"; }));
  CHECK(told([](Finding& finding) { finding.action = EnforcementAction::warn; }));
  CHECK(told([](Finding& finding) { finding.existed = true; }));
  CHECK(told([](Finding& finding) { finding.exemption = Exemption{.reason = "soon"}; }));
}

TEST_CASE("the template that a document was rendered from is named") {
  JudgedFixture set("---\n# Source: web/templates/pod.yaml\n" + kHead + "metadata: {name: web}\n",
                    "<stdin>");
  set.find("/kind");
  CHECK(set.text().find("\n        from web/templates/pod.yaml\n        remedy") !=
        std::string::npos);
  CHECK(set.json()["findings"][0]["template"] == "web/templates/pod.yaml");
}

TEST_CASE("a line of the text report is never a command to GitHub's runner") {
  for (const char* name : {"::error::x.yaml", "  ::error::x.yaml"}) {
    JudgedFixture set(kHead + "metadata: {name: web}\n", name);
    set.find("/kind");
    CHECK(set.text().starts_with("./"));
  }
}

TEST_CASE("an exemption is printed with its reason, and what was so before is said to be") {
  JudgedFixture set(kHead + "metadata: {name: web}\n");
  set.find("/metadata/name").exemption =
      Exemption{.reason = "moves\x1b[31m soon", .until = Date{2027, 1, 31}, .owner = "storage"};
  set.find("/metadata/name").existed = true;
  const std::string text = set.text();
  CHECK(text.find(": audit: it is bad [bad-name]") != std::string::npos);
  CHECK(text.find("        exempt: moves [31m soon (storage, until 2027-01-31)\n") !=
        std::string::npos);
  CHECK(text.find(": warn: it is bad [bad-name]") != std::string::npos);
  CHECK(text.find("it was so before, so it is not denied") != std::string::npos);
  const Json findings = set.json()["findings"];
  CHECK(findings[0]["exemption"] ==
        Json{{"reason", "moves\x1b[31m soon"}, {"owner", "storage"}, {"until", "2027-01-31"}});
  CHECK(findings[0]["action"] == "audit");
  CHECK(findings[1]["exemption"].is_null());
}

TEST_CASE("nothing that the input holds reaches the terminal as a control character") {
  JudgedFixture set(kHead + "metadata: {name: web}\n", "a\x1b[2J\xFF.yaml");
  set.manifests().files.front().text = kHead + "metadata: {name: web} \xC2\x9B\x1b\xE2\x80\xAE\n";
  set.find("/metadata/name", "bad\x07 name");
  set.manifests().diagnostics.push_back(
      {.file = "a\x1b[2J\xFF.yaml", .span = {{1, 1}, {1, 2}}, .message = "not\x1b YAML"});
  const std::string text = set.text();
  CHECK(std::all_of(text.begin(), text.end(),
                    [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; }));
  CHECK(text.find("\xC2\x9B") == std::string::npos);
  CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(text.find("a [2J\xEF\xBF\xBD.yaml:1:1: error: not  YAML") != std::string::npos);
  CHECK(set.text(true).find("\x1b[1;31mdeny:\x1b[0m") != std::string::npos);
  CHECK(set.json()["findings"][0]["location"]["file"] == "a\x1b[2J\xEF\xBF\xBD.yaml");
}

TEST_CASE("the summary counts, and says what was hidden and skipped and why") {
  constexpr Policy kOther{.id = "other"};
  Summary summary{.files = 1, .objects = 2, .denied = 1, .warned = 1};
  CHECK(summary_text(summary) == "2 objects in 1 file: 1 denied, 1 warning, 0 audited\n");
  summary.unreadable = 2;
  summary.exempted = 1;
  summary.ignored = 3;
  summary.hidden = 1;
  summary.implied = 2;
  summary.skipped["not complete"] = {.policies = {{&kBadName, 2}, {&kOther, 3}}, .judgements = 5};
  CHECK(summary_text(summary) ==
        "2 objects in 1 file: 1 denied, 1 warning, 0 audited, 2 errors, 1 exempt; 3 other "
        "documents ignored\n"
        "2 findings not shown: put right by what is to be done about others\n"
        "1 finding not shown (--pedantic shows all, --min-severity chooses)\n"
        "skipped: 2 policies, 5 judgements: not complete (--complete says that it is)\n");
}

TEST_CASE("the JSON report is what it is said to be, member by member") {
  JudgedFixture set(kHead + "metadata:\n  name: web\n");
  set.find("/metadata/name")
      .with_fix(Fix::Applicability::safe,
                {{.op = PatchOperation::Op::replace, .path = "/metadata/name", .value = "\"a\""}});
  set.find("/spec/x").action = EnforcementAction::warn;
  set.manifests().diagnostics.push_back(
      {.file = "dir/a.yaml", .span = {{1, 2}, {3, 4}}, .message = "größe"});
  Summary summary{.files = 1,
                  .documents = 2,
                  .ignored = 3,
                  .objects = 4,
                  .denied = 5,
                  .warned = 6,
                  .audited = 7,
                  .hidden = 8,
                  .exempted = 9,
                  .known = 12,
                  .implied = 10,
                  .unreadable = 11};
  summary.skipped["why"] = {.policies = {{&kBadName, 12}}, .judgements = 12};
  const Json report = set.json(summary);
  const Json object = {
      {"apiVersion", "v1"}, {"kind", "Pod"}, {"namespace", "default"}, {"name", "web"}};
  CHECK(report["schema"] == "stateward.dev/report/v1");
  CHECK(
      report["findings"][0] ==
      Json{
          {"policy", "bad-name"},
          {"severity", "high"},
          {"action", "deny"},
          {"object", object},
          {"path", "/metadata/name"},
          {"location",
           {{"file", "dir/a.yaml"}, {"line", 4}, {"column", 9}, {"endLine", 4}, {"endColumn", 12}}},
          {"message", "it is bad"},
          {"remedy", "rename it"},
          {"fix",
           {{"applicability", "safe"},
            {"patch", Json::parse(R"([{"op":"replace","path":"/metadata/name","value":"a"}])")}}},
          {"template", nullptr},
          {"exemption", nullptr},
          {"fingerprint", report["findings"][0]["fingerprint"]}});
  CHECK(report["findings"][1]["action"] == "warn");
  CHECK(report["findings"][1]["fix"].is_null());
  CHECK(report["diagnostics"] == Json::array({{{"severity", "error"},
                                               {"location",
                                                {{"file", "dir/a.yaml"},
                                                 {"line", 1},
                                                 {"column", 2},
                                                 {"endLine", 3},
                                                 {"endColumn", 4}}},
                                               {"message", "größe"}}}));
  CHECK(report["skipped"] ==
        Json::array({{{"policy", "bad-name"}, {"reason", "why"}, {"objects", 12}}}));
  CHECK(report["summary"] == Json{{"files", 1},
                                  {"documents", 2},
                                  {"ignored", 3},
                                  {"objects", 4},
                                  {"findings", {{"deny", 5}, {"warn", 6}, {"audit", 7}}},
                                  {"hidden", 8},
                                  {"exempted", 9},
                                  {"known", 12},
                                  {"implied", 10},
                                  {"unreadable", 11},
                                  {"brokenOff", false}});
  CHECK(report.size() == 5);
}

TEST_CASE("a fix that is no JSON is left out of the report and does not break it") {
  JudgedFixture set(kHead + "metadata: {name: web}\n");
  set.find("/metadata/name")
      .with_fix(Fix::Applicability::safe,
                {{.op = PatchOperation::Op::add, .path = "/x", .value = "\"a\"b\""}});
  CHECK(set.json()["findings"][0]["fix"].is_null());
}

TEST_CASE("a JSON report of nothing is valid and has every list") {
  std::ostringstream out;
  JsonReport(out).finish({});
  const Json report = Json::parse(out.str());
  for (const char* list : {"findings", "diagnostics", "skipped"})
    CHECK(report[list] == Json::array());
}
