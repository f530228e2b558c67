// The catalogue as a whole: what every policy must have, and every example judged as the contract
// says.

#include "policies/catalogue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/decide.h"
#include "engine/location.h"
#include "test/unit/examples.h"

using namespace stateward;
using policies::Example;
using policies::InjectionEntry;
using policies::PolicyEntry;

namespace {

const std::set<std::string_view> kSections = {"identity",   "storage",    "availability", "rollout",
                                              "networking", "scheduling", "lifecycle"};

bool is_kebab(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(),
                                    [](char c) { return c == '-' || (c >= 'a' && c <= 'z'); });
}

std::uint32_t line_of(const Finding& finding) {
  return locate(*finding.object->document, finding.object->node, finding.path).start.line;
}

std::string told(const std::vector<Finding>& findings) {
  std::string all;
  for (const Finding& finding : findings) {
    all += std::to_string(line_of(finding)) + ": [" + std::string(finding.policy->id) + "] " +
           finding.path.text() + " " + finding.message + "\n";
  }
  return all;
}

// Each fix of `findings` applied to the object it is about.
std::map<const Object*, Document> fixed(const std::vector<Finding>& findings) {
  std::map<const Object*, Document> documents;
  for (const Finding& finding : findings) {
    if (!finding.fix) continue;
    const auto before = documents.find(finding.object);
    const Node node = before == documents.end() ? finding.object->node : before->second.node();
    auto after = apply_patch(node, finding.fix->patch);
    CAPTURE(to_json(finding.fix->patch));
    REQUIRE(after);
    documents.insert_or_assign(finding.object, std::move(*after));
  }
  return documents;
}

const Example* find(std::span<const Example> examples, const std::string& file) {
  const auto found = std::find_if(examples.begin(), examples.end(),
                                  [&](const Example& e) { return e.file == file; });
  return found == examples.end() ? nullptr : &*found;
}

// "bad-x.yaml" -> "fixed-x.yaml"
std::string twin(std::string_view bad) { return "fixed" + std::string(bad.substr(3)); }

// What a fix may change: the objects that stand in the file, and the one that a review brings.
std::vector<const Object*> fixable(const ExampleFile& file) {
  std::vector<const Object*> objects = file.objects();
  if (file.is_review()) objects.push_back(&file.subjects().front().object);
  return objects;
}

void check_bad(const Policy& policy, std::span<const Example> examples, const Example& example) {
  CAPTURE(policy.id);
  CAPTURE(example.file);
  const ExampleFile file(example.text);
  for (const std::string& problem : file.problems()) FAIL_CHECK(problem);
  const std::vector<Finding> findings = file.judge({&policy});
  std::vector<std::uint32_t> lines;
  for (const Finding& finding : findings) lines.push_back(line_of(finding));
  std::sort(lines.begin(), lines.end());
  const auto marked = file.marked_lines(policy.id);
  CHECK_MESSAGE(!marked.empty(), "no line is marked");
  CHECK_MESSAGE(lines == marked, told(findings));
  for (const Finding& finding : findings) {
    CAPTURE(finding.message);
    CHECK(!finding.message.empty());
    CHECK(finding.message.size() <= 120);
    CHECK(!finding.remedy.empty());
    CHECK(finding.guarded >= finding.action);
  }
  const Example* after = find(examples, twin(example.file));
  const bool has_fix = std::any_of(findings.begin(), findings.end(),
                                   [](const Finding& f) { return f.fix.has_value(); });
  CHECK_MESSAGE(has_fix == (after != nullptr), "a fix has its fixed file, and no other has");
  if (!has_fix || after == nullptr) return;
  const auto documents = fixed(findings);
  const ExampleFile expected(after->text);
  const auto objects = fixable(file);
  const auto wanted = fixable(expected);
  REQUIRE(objects.size() == wanted.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const auto document = documents.find(objects[i]);
    const Node result = document == documents.end() ? objects[i]->node : document->second.node();
    CHECK_MESSAGE(equal(result, wanted[i]->node), to_json(result));
  }
}

void check_silent(const Policy& policy, const Example& example) {
  CAPTURE(policy.id);
  CAPTURE(example.file);
  const ExampleFile file(example.text);
  for (const std::string& problem : file.problems()) FAIL_CHECK(problem);
  const std::vector<Finding> own = file.judge({&policy});
  CHECK_MESSAGE(own.empty(), told(own));
  // Nor has any other policy a word to say, but for what it misses: an example shows what it is
  // about, and a set without its Service is enough for most.
  std::vector<Finding> all = file.judge(policies::all_policies());
  std::erase_if(all, [](const Finding& finding) {
    return finding.action < EnforcementAction::warn || finding.policy->needs == Needs::absence;
  });
  CHECK_MESSAGE(all.empty(), told(all));
}

}  // namespace

TEST_CASE("every policy says what it is, why, what to do and where that comes from") {
  std::set<std::string_view> ids;
  for (const PolicyEntry& entry : policies::policy_entries_of_build()) {
    const Policy& policy = *entry.policy;
    CAPTURE(policy.id);
    CHECK(is_kebab(policy.id));
    CHECK(ids.insert(policy.id).second);
    CHECK(kSections.contains(policy.section));
    CHECK((policy.check != nullptr));
    CHECK(policy.summary.ends_with('.'));
    CHECK(policy.reason.ends_with('.'));
    CHECK(!policy.remedy.empty());
    CHECK_FALSE(policy.remedy.ends_with('.'));
    CHECK(!policy.sources.empty());
    CHECK(policy.guarded >= policy.action);
    if (policy.severity == Severity::info) CHECK(policy.action == EnforcementAction::audit);
  }
}

TEST_CASE("a policy that follows from another follows from one that says no less") {
  for (const Policy* policy : policies::all_policies()) {
    CAPTURE(policy->id);
    for (const std::string_view id : policy->implied_by) {
      if (id.empty()) continue;
      const auto all = policies::all_policies();
      const auto cause = std::find_if(all.begin(), all.end(),
                                      [&](const Policy* other) { return other->id == id; });
      REQUIRE(cause != all.end());
      CHECK((*cause)->severity >= policy->severity);
      CHECK((*cause)->action >= policy->action);
      CHECK((*cause)->guarded >= policy->guarded);
      // Of two that imply each other neither would be said.
      CHECK((*cause)->implied_by.front().empty());
    }
  }
}

TEST_CASE(
    "every bad example has exactly the findings that its lines are marked with, and its fixes give "
    "its fixed twin") {
  for (const PolicyEntry& entry : policies::policy_entries_of_build()) {
    for (const Example& example : entry.examples) {
      if (example.file.starts_with("bad")) check_bad(*entry.policy, entry.examples, example);
    }
  }
}

TEST_CASE("every good and every fixed example is silent") {
  for (const PolicyEntry& entry : policies::policy_entries_of_build()) {
    for (const Example& example : entry.examples) {
      if (!example.file.starts_with("bad")) check_silent(*entry.policy, example);
    }
  }
}

TEST_CASE("every example of an injection ends as its twin says, and once more changes nothing") {
  for (const InjectionEntry& entry : policies::injection_entries_of_build()) {
    for (const Example& example : entry.examples) {
      if (example.file.starts_with("fixed")) continue;
      CAPTURE(entry.injection->id);
      CAPTURE(example.file);
      const ExampleFile file(example.text);
      for (const std::string& problem : file.problems()) FAIL_CHECK(problem);
      const Injection* const injections[] = {entry.injection};
      const Subject subject = file.subjects().front();
      const Patch patch = mutate(injections, subject);
      CAPTURE(to_json(patch));
      CHECK(patch.empty() == example.file.starts_with("good"));
      if (patch.empty()) continue;
      const auto result = apply_patch(subject.object.node, patch);
      REQUIRE(result);
      const Example* after = find(entry.examples, twin(example.file));
      REQUIRE(after != nullptr);
      const ExampleFile expected(after->text);
      CHECK_MESSAGE(equal(result->node(), expected.objects().front()->node),
                    to_json(result->node()));
      CHECK(mutate(injections, expected.subjects().front()).empty());
    }
  }
}
