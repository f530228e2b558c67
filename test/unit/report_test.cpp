#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/json_report.h"
#include "cli/text_report.h"
#include "engine/location.h"
#include "engine/yaml_reader.h"

using namespace stateward;

namespace {

using Json = nlohmann::json;

constexpr Policy kPolicy{.id = "bad-name",
                         .section = "test",
                         .severity = Severity::high,
                         .action = EnforcementAction::deny,
                         .remedy = "rename it"};

// One file with one object, and findings at places in it.
class Set {
 public:
  explicit Set(const std::string& text, const std::string& name = "dir/a.yaml") {
    manifests_.files.push_back({name, text});
    ReadDocument read = read_yaml({text});
    REQUIRE(read.document);
    manifests_.documents.push_back(std::move(*read.document));
    manifests_.set =
        ObjectSet(objects_of(manifests_.documents.back(), "default"), ObjectSet::Coverage::partial);
  }

  const Object& object() const { return manifests_.set.objects().front(); }

  Finding& find(const Path& path, const std::string& message = "it is bad") {
    judged_.findings.push_back({{.policy = &kPolicy,
                                 .object = &object(),
                                 .path = path,
                                 .message = message,
                                 .remedy = std::string(kPolicy.remedy),
                                 .severity = kPolicy.severity,
                                 .action = kPolicy.action,
                                 .guarded = kPolicy.guarded},
                                locate(*object().document, object().node, path)});
    return judged_.findings.back().finding;
  }

  Manifests& manifests() { return manifests_; }
  JudgedSet& judged() { return judged_; }

  std::string text(bool color = false) const {
    std::ostringstream out;
    TextReport(out, color).add(judged_);
    return out.str();
  }

  Json json(const Summary& summary = {}) const {
    std::ostringstream out;
    JsonReport report(out);
    report.add(judged_);
    report.finish(summary);
    const std::string written = out.str();
    CHECK(std::all_of(written.begin(), written.end(),
                      [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7F); }));
    return Json::parse(written);
  }

 private:
  Manifests manifests_;
  JudgedSet judged_{.manifests = &manifests_};
};

const std::string kHead = "apiVersion: v1\nkind: Pod\n";

std::string summary_text(const Summary& summary) {
  std::ostringstream out;
  TextReport(out, false).finish(summary);
  return out.str();
}

}  // namespace

TEST_CASE("a finding is printed like a compiler's message") {
  Set set(kHead + "metadata:\n  name: web\n");
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
    Set set(kHead + c.yaml + "\n");
    set.find("/metadata/name");
    const std::string text = set.text();
    CAPTURE(text);
    CHECK(text.find(" | " + c.line + "\n      | " + c.underline + "\n") != std::string::npos);
  }
}

TEST_CASE("of a long line the part around the span is shown") {
  Set set(kHead + "metadata: {labels: {a: " + std::string(300, 'a') +
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
  Set set(kHead + "metadata:\n  name: web\nspec: {}\n");
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
  Set set(kHead + "metadata:\n  name: web\nspec: {}\n");
  set.find("/spec");
  set.find("/kind");
  const std::string text = set.text();
  CHECK(text.find("    5 | spec: {}\n      | ^~~~\n") != std::string::npos);
  CHECK(text.find("    2 | kind: Pod\n      |       ^~~\n") != std::string::npos);
}

TEST_CASE("an exemption is printed with its reason, and what was so before is said to be") {
  Set set(kHead + "metadata: {name: web}\n");
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
  Set set(kHead + "metadata: {name: web}\n", "a\x1b[2J\xFF.yaml");
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
  summary.skipped["not complete"] = {.policies = {&kPolicy, &kOther}, .judgements = 5};
  CHECK(summary_text(summary) ==
        "2 objects in 1 file: 1 denied, 1 warning, 0 audited, 2 errors, 1 exempt; 3 other "
        "documents ignored\n"
        "1 finding not shown (--pedantic shows all, --min-severity chooses)\n"
        "skipped: 2 policies, 5 judgements: not complete (--complete says that it is)\n");
}

TEST_CASE("the JSON report is what it is said to be, member by member") {
  Set set(kHead + "metadata:\n  name: web\n");
  set.find("/metadata/name")
      .with_fix(Fix::Applicability::safe,
                {{.op = PatchOperation::Op::replace, .path = "/metadata/name", .value = "\"a\""}});
  set.find("/spec/x").action = EnforcementAction::warn;
  set.manifests().diagnostics.push_back(
      {.file = "dir/a.yaml", .span = {{1, 2}, {3, 4}}, .message = "größe"});
  set.judged().skipped.push_back({&kPolicy, &set.object(), "why"});
  const Json report = set.json({.files = 1,
                                .documents = 2,
                                .ignored = 3,
                                .objects = 4,
                                .denied = 5,
                                .warned = 6,
                                .audited = 7,
                                .hidden = 8,
                                .exempted = 9});
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
          {"exemption", nullptr}});
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
        Json::array({{{"policy", "bad-name"}, {"object", object}, {"reason", "why"}}}));
  CHECK(report["summary"] == Json{{"files", 1},
                                  {"documents", 2},
                                  {"ignored", 3},
                                  {"objects", 4},
                                  {"findings", {{"deny", 5}, {"warn", 6}, {"audit", 7}}},
                                  {"hidden", 8},
                                  {"exempted", 9}});
  CHECK(report.size() == 5);
}

TEST_CASE("a fix that is no JSON is left out of the report and does not break it") {
  Set set(kHead + "metadata: {name: web}\n");
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
