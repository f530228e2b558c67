// Findings that were there before: known again wherever they moved, and no others.

#include "cli/baseline.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "engine/evaluate.h"
#include "policies/catalogue.h"
#include "test/unit/fixture.h"

using namespace stateward;

namespace {

// Two containers, each with a probe for a port that it does not have.
std::string manifest(std::string_view name, std::string_view first, std::string_view second) {
  const auto container = [](std::string_view of) {
    return fmt::format(
        "        - {{name: {}, image: \"r.example/{}:1\", readinessProbe: {{tcpSocket: {{port: "
        "p}}}}}}\n",
        of, of);
  };
  return fmt::format(R"(apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: {}, namespace: shop}}
spec:
  serviceName: {}
  selector: {{matchLabels: {{app: a}}}}
  template:
    metadata: {{labels: {{app: a}}}}
    spec:
      containers:
{}{})",
                     name, name, container(first), container(second));
}

class Run {
 public:
  explicit Run(const std::string& text)
      : fixture_(Fixture::from_yaml(text)),
        policies_(policies::all_policies()),
        found_(evaluate(policies_, {.object = object(), .set = fixture_.set})) {}

  std::vector<Finding> findings(std::string_view policy) const {
    std::vector<Finding> all;
    for (const Finding& finding : found_.findings) {
      if (finding.policy->id == policy) all.push_back(finding);
    }
    return all;
  }
  const Object& object() const { return fixture_.set.objects().front(); }
  std::span<const Policy* const> policies() const { return policies_; }

 private:
  Fixture fixture_;
  std::vector<const Policy*> policies_;
  Evaluation found_;
};

Baseline baseline_of(const Run& run) {
  Baseline baseline;
  for (const Finding& finding : run.findings("unknown-probe-port")) baseline.add(finding);
  auto read = Baseline::parse(baseline.text(), "baseline.json");
  REQUIRE(read);
  return *read;
}

std::size_t taken(Baseline& baseline, const Run& run) {
  std::size_t known = 0;
  baseline.judged(run.object());
  for (const Finding& finding : run.findings("unknown-probe-port"))
    known += baseline.take(finding) ? 1U : 0U;
  return known;
}

std::string errors(std::string_view text) {
  const auto baseline = Baseline::parse(text, "b.json");
  return baseline ? "" : baseline.error().message;
}

}  // namespace

TEST_SUITE("baseline") {
  TEST_CASE("a finding is known again when its container moved, and is not another container's") {
    Baseline baseline = baseline_of(Run(manifest("web", "a", "b")));
    CHECK(baseline.size() == 2);
    Baseline moved = baseline;
    CHECK(taken(moved, Run(manifest("web", "b", "a"))) == 2);
    Baseline renamed = baseline;
    CHECK(taken(renamed, Run(manifest("web", "a", "c"))) == 1);
    CHECK(taken(baseline, Run(manifest("shop", "a", "b"))) == 0);
  }

  TEST_CASE("an entry stands for as many findings as it counts") {
    const Run run(manifest("web", "a", "b"));
    Baseline baseline = baseline_of(run);
    CHECK(taken(baseline, run) == 2);
    CHECK(taken(baseline, run) == 0);
  }

  TEST_CASE("what is gone is told of objects and policies that were judged, and of no others") {
    const Run before(manifest("web", "a", "b"));
    const Run after(manifest("web", "a", "c"));
    Baseline baseline = baseline_of(before);
    CHECK(baseline.gone(after.policies()).empty());
    taken(baseline, after);
    CHECK(baseline.gone(after.policies()) ==
          std::vector<std::string>{
              "unknown-probe-port of StatefulSet web at "
              "/spec/template/spec/containers/[name=b]/readinessProbe/tcpSocket/port"});
    CHECK(baseline.gone({}).empty());
    baseline.skipped(after.object(), *before.findings("unknown-probe-port").front().policy);
    CHECK(baseline.gone(after.policies()).empty());
  }

  TEST_CASE("what is wrong with a baseline is told with its place") {
    CHECK(errors("{") != "");
    CHECK(errors(R"({"schema":"stateward.dev/baseline/v1","findings":[]})") == "");
    CHECK(errors(R"({"schema":"stateward.dev/baseline/v2","findings":[]})") ==
          "b.json:1:11: /schema: is \"stateward.dev/baseline/v2\", and must be "
          "\"stateward.dev/baseline/v1\"");
    CHECK(
        errors(
            "{\"schema\":\"stateward.dev/baseline/v1\",\n\"findings\":[\n"
            R"({"policy":"p","group":"","kind":"Pod","namespace":"n","name":"x","path":"/"}]})") ==
        "b.json:3:62: /findings/0: needs \"count\"");
  }

  TEST_CASE("the published schema is that of this build") {
    std::ifstream file("docs/schema/baseline-v1.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK(text == baseline_schema().dump(2) + "\n");
  }
}
