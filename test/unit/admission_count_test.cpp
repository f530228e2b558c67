// What is counted of the answers, and the page that tells it.

#include "webhook/admission_count.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <thread>

#include "policies/catalogue.h"
#include "test/unit/api_server.h"
#include "test/unit/random_reviews.h"

namespace {

using namespace stateward;
using Json = nlohmann::json;

constexpr Door kDoors[] = {Door::mutate, Door::validate, Door::observe, Door::guard};

// Routes that are counted.
class Counted {
 public:
  void send(Door door, std::string_view body, std::string_view query = "timeout=5s") {
    const Outcome outcome = routes_.admission({.method = "POST",
                                               .path = path_of(door),
                                               .query = query,
                                               .content_type = "application/json",
                                               .body = body});
    REQUIRE_FALSE(std::holds_alternative<LaterReply>(outcome));
  }
  std::string page() const {
    MetricsPage page;
    count_.write(page);
    return page.text();
  }
  // The value of the series that is written so; -1 where there is none.
  long value(const std::string& series) const {
    const std::string text = page();
    const std::size_t at = text.find(fmt::format("\nstateward_{} ", series));
    if (at == std::string::npos) return -1;
    return std::stol(text.substr(text.find(' ', at + 1)));
  }

 private:
  AdmissionCount count_{policies::all_policies()};
  Routes routes_{{.version = "1.2.3",
                  .policies = policies::all_policies(),
                  .injections = policies::all_injections(),
                  .now =
                      [] {
                        return std::chrono::sys_seconds(
                            std::chrono::sys_days{std::chrono::year{2026} / 11 / 21});
                      },
                  .observe = [this](const Answered& answered) { count_.answered(answered); },
                  .failed = [this](Door door, int status) { count_.failed(door, status); }}};
};

// The names of all series, without their values.
std::set<std::string> series(const std::string& page) {
  std::set<std::string> all;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) all.insert(line.substr(0, line.rfind(' ')));
  }
  return all;
}

std::string denied_review() {
  Json sent = stateful_set_review();
  Json& spec = sent["request"]["object"]["spec"];
  spec["serviceName"] = "db";
  spec["template"]["spec"]["volumes"] = {
      {{"name", "v"}, {"persistentVolumeClaim", {{"claimName", "one"}}}}};
  return sent.dump();
}

}  // namespace

TEST_SUITE("admission count") {
  TEST_CASE("an answer is counted by door, operation, kind and decision, a denial by its policy") {
    Counted counted;
    counted.send(Door::validate, denied_review());
    counted.send(Door::validate, denied_review());
    counted.send(Door::observe, denied_review());
    const std::string kSet = R"(operation="CREATE",kind="StatefulSet",decision=)";
    CHECK(counted.value(
              fmt::format(R"(admission_requests_total{{door="validate",{}"denied"}})", kSet)) == 2);
    CHECK(counted.value(
              fmt::format(R"(admission_requests_total{{door="observe",{}"warned"}})", kSet)) == 1);
    CHECK(counted.value(R"(admission_denials_total{policy="shared-claim",door="validate"})") == 2);
    CHECK(counted.value(R"(admission_denials_total{policy="shared-claim",door="guard"})") == 0);
    CHECK(counted.value(R"(admission_duration_seconds_count{door="validate"})") == 2);
    CHECK(counted.value(R"(admission_duration_seconds_bucket{door="validate",le="+Inf"})") == 2);
    CHECK(counted.value(R"(admission_duration_seconds_count{door="mutate"})") == 0);
  }

  TEST_CASE("operations of patches are counted") {
    Counted counted;
    Json sent = stateful_set_review();
    sent["request"]["object"]["spec"].erase("serviceName");
    counted.send(Door::mutate, sent.dump());
    CHECK(counted.value(R"(admission_requests_total{door="mutate",operation="CREATE",)"
                        R"(kind="StatefulSet",decision="patched"})") == 1);
    CHECK(counted.value("patch_operations_total") >= 2);
  }

  TEST_CASE("what cannot be judged, and a status in place of an answer, are counted apart") {
    Counted counted;
    Json unjudged = stateful_set_review();
    unjudged["request"]["operation"] = "PATCH";
    counted.send(Door::guard, unjudged.dump());
    CHECK(counted.value(R"(admission_requests_total{door="guard",operation="unknown",)"
                        R"(kind="unknown",decision="unjudged"})") == 1);
    CHECK(counted.value(R"(admission_denials_total{policy="none",door="guard"})") == 1);
    counted.send(Door::mutate, "junk");
    counted.send(Door::mutate, std::string(kLargestBody + 1, ' '));
    CHECK(counted.value(R"(admission_failures_total{door="mutate",code="400"})") == 1);
    CHECK(counted.value(R"(admission_failures_total{door="mutate",code="413"})") == 1);
    CHECK(counted.value(R"(admission_failures_total{door="validate",code="400"})") == 0);
  }

  TEST_CASE("rule 58, threat v: whatever comes, no series is added") {
    Counted counted;
    const std::set<std::string> before = series(counted.page());
    CHECK(before.size() > 300);
    CHECK(before.size() < 800);
    RandomReviews random(58);
    long sent = 0;
    for (; sent < 10'000; ++sent) counted.send(kDoors[sent % 4], random.next().dump());
    CHECK(series(counted.page()) == before);
    long answered = 0;
    for (const char* door : {"mutate", "validate", "observe", "guard"})
      answered +=
          counted.value(fmt::format("admission_duration_seconds_count{{door=\"{}\"}}", door));
    CHECK(answered == sent);
  }

  TEST_CASE("threads that count at once lose nothing") {
    Counted counted;
    const std::string body = denied_review();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 200; ++n) counted.send(Door::validate, body);
      });
    for (int n = 0; n < 20; ++n) CHECK(counted.value("patch_operations_total") == 0);
    for (std::thread& thread : threads) thread.join();
    CHECK(counted.value(R"(admission_denials_total{policy="shared-claim",door="validate"})") ==
          800);
  }
}

TEST_CASE("values of labels are escaped on the page of metrics") {
  MetricsPage page;
  page.gauge("odd", "help", {{{{"name", "a\"b\\c\nd"}}, 1}});
  const std::string text = page.text();
  CHECK(text.find("stateward_odd{name=\"a\\\"b\\\\c\\nd\"} 1\n") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}
