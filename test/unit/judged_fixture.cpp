#include "test/unit/judged_fixture.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "cli/gitlab_report.h"
#include "cli/json_report.h"
#include "cli/read_manifest.h"
#include "cli/sarif_report.h"
#include "cli/text_report.h"
#include "engine/location.h"

namespace stateward {
namespace {

using Json = nlohmann::json;

// Nothing beyond ASCII, and no control characters.
Json parsed(const std::string& written) {
  CHECK(std::all_of(written.begin(), written.end(),
                    [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7F); }));
  return Json::parse(written);
}

}  // namespace

JudgedFixture::JudgedFixture(const std::string& text, const std::string& name) {
  manifests_.files.push_back({name, text});
  ReadManifest read = read_manifest(text, false);
  std::vector<Object> objects;
  for (std::size_t index = 0; index < read.documents.size(); ++index) {
    REQUIRE(read.documents[index].document);
    const Document& document =
        manifests_.documents.emplace_back(std::move(*read.documents[index].document));
    if (!read.templates[index].empty())
      manifests_.templates.emplace(&document, read.templates[index]);
    for (const Object& object : objects_of(document, "default")) objects.push_back(object);
  }
  manifests_.set = ObjectSet(std::move(objects), ObjectSet::Coverage::partial);
  for (const Object& object : manifests_.set.objects()) judged_.objects.push_back(&object);
}

JudgedFixture& JudgedFixture::in_a_cluster() {
  judged_.manifests = nullptr;
  for (PlacedFinding& placed : judged_.findings) placed.place = {};
  return *this;
}

Finding& JudgedFixture::find(const Path& path, const std::string& message, std::size_t index) {
  const Object& found = object(index);
  judged_.findings.push_back({{.policy = &kBadName,
                               .object = &found,
                               .path = path,
                               .message = message,
                               .remedy = std::string(kBadName.remedy),
                               .severity = kBadName.severity,
                               .action = kBadName.action,
                               .guarded = kBadName.guarded},
                              locate(*found.document, found.node, path)});
  return judged_.findings.back().finding;
}

void JudgedFixture::trouble(Diagnostic::Severity severity, const Span& span,
                            const std::string& message) {
  manifests_.diagnostics.push_back({severity, manifests_.files.front().name, span, message});
}

std::string JudgedFixture::text(bool color) const {
  std::ostringstream out;
  TextReport(out, color).add(judged_);
  return out.str();
}

Json JudgedFixture::json(const Summary& summary) const {
  return parsed(written<JsonReport>(summary));
}

Json JudgedFixture::sarif(const Summary& summary) const {
  return parsed(written<SarifReport>(summary, std::array<const Policy*, 1>{&kBadName}));
}

Json JudgedFixture::gitlab() const { return parsed(written<GitlabReport>({})); }

}  // namespace stateward
