// Every example of the catalogue, written in other ways: the same findings at the same places, and
// silence stays silence.

#include "test/unit/variations.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <iterator>
#include <set>

#include "engine/json_writer.h"
#include "engine/location.h"
#include "policies/catalogue.h"
#include "test/unit/examples.h"
#include "test/unit/real_manifests.h"

using namespace stateward;

namespace {

using Style = Variation::Style;

constexpr Variation kVariations[] = {
    {.order = true, .style = Style::block},
    {.names = true, .style = Style::wide_block},
    {.containers = true, .style = Style::flow},
    {.strangers = true, .list = true, .style = Style::json},
    {.order = true, .names = true, .containers = true, .strangers = true, .style = Style::block},
};

// Of each finding what must not change: who says it, of what, where, and how bad it is.
std::multiset<std::string> told(const ExampleFile& file, const Variation& variation,
                                const Varied* original_of = nullptr) {
  std::multiset<std::string> all;
  for (const Finding& finding : file.judge(policies::all_policies())) {
    const Object& object = *finding.object;
    if (object.name_space == kElsewhere) continue;
    // A container that has one speaks for the others.
    if (variation.containers && (finding.policy->id == "missing-liveness-probe" ||
                                 finding.policy->id == "missing-readiness-probe"))
      continue;
    const std::string place = fmt::format("{} {} {}", object.kind_name, object.name,
                                          named_path(object.node, finding.path));
    all.insert(fmt::format("{}: {} {} of {}", finding.policy->id, to_string(finding.action),
                           to_string(finding.severity),
                           original_of == nullptr ? place : original_of->renamed(place)));
    CHECK(locate(*object.document, object.node, finding.path).known());
  }
  return all;
}

std::string difference(const std::multiset<std::string>& expected,
                       const std::multiset<std::string>& found) {
  std::string text;
  for (const std::string& line : expected) {
    if (!found.contains(line)) text += "\n  missed: " + line;
  }
  for (const std::string& line : found) {
    if (!expected.contains(line)) text += "\n  wrong:  " + line;
  }
  return text;
}

void compare(std::string_view text, std::uint32_t seed) {
  const ExampleFile original(text);
  for (const Variation& variation : kVariations) {
    const Varied varied(text, variation, seed);
    CAPTURE(varied.text());
    const auto expected = told(original, variation, &varied);
    const auto found = told(ExampleFile(varied.text()), variation);
    CHECK_MESSAGE(expected == found, difference(expected, found));
  }
}

}  // namespace

TEST_CASE("every example is judged alike however it is written") {
  constexpr std::uint32_t kRounds = 3;
  std::size_t silent = 0;
  for (const policies::PolicyEntry& entry : policies::policy_entries_of_build()) {
    std::size_t defects = 0;
    for (const policies::Example& example : entry.examples) {
      if (example.file.starts_with("fixed")) continue;
      CAPTURE(entry.policy->id);
      CAPTURE(example.file);
      REQUIRE(ExampleFile(example.text).problems().empty());
      for (std::uint32_t seed = 0; seed < kRounds; ++seed) compare(example.text, seed);
      defects += ExampleFile(example.text).marked_lines(entry.policy->id).size();
      if (example.file.starts_with("good")) silent += kRounds * std::size(kVariations);
    }
    // By kind, container or position: variations of one defect do not count.
    CHECK_MESSAGE(defects >= 3, entry.policy->id);
  }
  CHECK(silent > 200);
}

TEST_CASE("every real manifest is judged alike however it is written") {
  std::uint32_t seed = 0;
  const bool found = for_each_real_set([&](const Manifests& manifests) {
    std::string text;
    for (const Object& object : manifests.set.objects())
      text += "---\n" + to_json(object.node) + "\n";
    CAPTURE(manifests.files.front().name);
    if (!text.empty()) compare(text, ++seed);
  });
  CHECK((seed > 200) == found);
}
