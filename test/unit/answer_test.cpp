// The decision: what policies get to see of a review, what a door makes of what they find, and what
// is left alone.

#include "webhook/answer.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "test/unit/api_server.h"

namespace {

using namespace stateward;
using Json = nlohmann::json;

constexpr Date kToday{2026, 11, 21};
const KindSet kAllKinds{Kind::stateful_set, Kind::pod, Kind::claim, Kind::scale};
const OperationSet kAllOperations{Operation::create, Operation::update, Operation::remove,
                                  Operation::connect};

// Says what it was given to look at.
void describe_subject(const Subject& subject, Findings& findings) {
  const Request& request = *subject.request;
  findings.add("/spec", fmt::format("{} {}/{} op={} old={} user={} sub={} grace={} prop={} {}",
                                    subject.object.kind_name, subject.object.name_space,
                                    subject.object.name, static_cast<int>(subject.operation),
                                    subject.old != nullptr, request.user, request.subresource,
                                    request.grace_period_seconds.value_or(-1),
                                    request.propagation_policy, subject.today == kToday));
}
const Policy kWitness{
    .id = "witness", .kinds = kAllKinds, .operations = kAllOperations, .check = describe_subject};

void find_twice(const Subject&, Findings& findings) {
  findings.add("/spec/a", "one")
      .with_action(EnforcementAction::deny)
      .with_fix(Fix::Applicability::safe, {{.path = "/spec/a", .value = "1"}});
  findings.add("/spec/b", "two").with_action(EnforcementAction::deny);
}
const Policy kDenier{
    .id = "denier", .kinds = kAllKinds, .operations = kAllOperations, .check = find_twice};

void find_guarded(const Subject&, Findings& findings) {
  findings.add("/spec", "stricter under guard");
}
const Policy kGuarded{.id = "guarded",
                      .action = EnforcementAction::warn,
                      .guarded = EnforcementAction::deny,
                      .kinds = kAllKinds,
                      .operations = kAllOperations,
                      .check = find_guarded};

void propose_mark(const Subject&, std::span<const Proposal>, std::vector<Proposal>& out) {
  out.push_back({.entry = "mark", .patch = {{.path = "/spec/mark", .value = "true"}}});
}
std::optional<Path> place_mark(std::string_view, Node, Node) { return "/spec/mark"; }
const Injection kMark{.id = "inject-mark",
                      .group = "mark",
                      .kinds = {Kind::stateful_set},
                      .propose = propose_mark,
                      .place = place_mark};

struct Sent {
  std::vector<const Policy*> policies = {&kWitness};
  std::vector<const Injection*> injections = {&kMark};
  ObjectSet set;

  Answer operator()(const Json& review, Door door = Door::validate) const {
    return (*this)(review.dump(), door);
  }
  Answer operator()(const std::string& body, Door door = Door::validate) const {
    const auto review = decode_review(body);
    REQUIRE(review.has_value());
    return answer(*review, door,
                  {.policies = policies, .injections = injections, .set = set, .today = kToday});
  }
};

constexpr Door kDoors[] = {Door::mutate, Door::validate, Door::observe, Door::guard};
constexpr Door kValidating[] = {Door::validate, Door::observe, Door::guard};

bool is_plain_allowance(const Answer& answer) {
  const AdmissionResponse& response = answer.response;
  return response.allowed && response.patch.empty() && response.warnings.empty() &&
         response.audit.empty() && answer.denied_by.empty();
}

std::string recorded(std::string_view prefix) {
  for (const RecordedReview& review : recorded_reviews()) {
    if (review.file.starts_with(prefix)) return review.body;
  }
  return {};
}

}  // namespace

TEST_CASE("policies see the object, who asks, and how") {
  struct Case {
    std::string_view file;
    std::string sees;
  };
  const Case cases[] = {
      {"002", "StatefulSet default/web op=0 old=false user=admin sub= grace=-1 prop= true"},
      {"009", "StatefulSet default/web op=1 old=true user=admin sub= grace=-1 prop= true"},
      {"010", "Scale default/web op=1 old=true user=admin sub=scale grace=-1 prop= true"},
      {"013", "Pod default/web-1 op=2 old=false user=admin sub= grace=0 prop= true"},
      {"028",
       "PersistentVolumeClaim default/data-web-0 op=1 old=true user=admin sub= grace=-1 prop= "
       "true"},
      {"043", "StatefulSet default/web op=2 old=false user=admin sub= grace=-1 prop=Orphan true"},
  };
  for (const Case& seen : cases) {
    CAPTURE(seen.file);
    const Answer given = Sent{}(recorded(seen.file));
    REQUIRE(given.response.warnings.size() == 1);
    CHECK(given.response.warnings.front() == "[witness] " + seen.sees);
  }
}

TEST_CASE("an object's own name and namespace count, the request's stand in for what it lacks") {
  Json sent = stateful_set_review();
  Json& metadata = sent["request"]["object"]["metadata"];
  sent["request"]["namespace"] = "other";
  sent["request"]["name"] = "other";
  const auto seen = [&] { return Sent{}(sent).response.warnings.front(); };
  CHECK(seen().starts_with("[witness] StatefulSet prod/db "));
  metadata["namespace"] = "";
  CHECK(seen().starts_with("[witness] StatefulSet other/db "));
  metadata.erase("name");
  CHECK(seen().starts_with("[witness] StatefulSet other/other "));
  metadata["generateName"] = "db-";
  sent["request"]["name"] = "";
  CHECK(seen().starts_with("[witness] StatefulSet other/ "));
}

TEST_CASE("the deletion options of old clients mean what they meant") {
  Json sent = stateful_set_review("DELETE");
  sent["request"]["options"] = {{"orphanDependents", true}};
  CHECK(Sent{}(sent).response.warnings.front().find("prop=Orphan") != std::string::npos);
  sent["request"]["options"]["propagationPolicy"] = "Foreground";
  CHECK(Sent{}(sent).response.warnings.front().find("prop=Foreground") != std::string::npos);
}

TEST_CASE("each door enforces what its registration stands for") {
  const Json sent = stateful_set_review();
  const Sent denied{.policies = {&kDenier, &kGuarded}};
  const auto codes = [&](Door door) { return denied(sent, door).response.code; };
  CHECK(codes(Door::mutate) == 200);
  CHECK(codes(Door::validate) == 403);
  CHECK(codes(Door::observe) == 200);
  CHECK(codes(Door::guard) == 403);
  using Ids = std::vector<std::string_view>;
  CHECK(denied(sent, Door::validate).denied_by == Ids{"denier"});
  CHECK(denied(sent, Door::observe).denied_by == Ids{});
  CHECK(denied(sent, Door::guard).denied_by == Ids{"denier", "guarded"});
  CHECK(denied(sent, Door::observe).response.warnings.size() == 3);
  const std::string message = denied(sent, Door::validate).response.message;
  CHECK(message.find("[denier] one at /spec/a") != std::string::npos);
}

TEST_CASE("injections travel through the mutating door and a policy's fix through none") {
  const Json sent = stateful_set_review();
  const Sent both{.policies = {&kDenier}};
  const Answer mutated = both(sent, Door::mutate);
  REQUIRE(mutated.response.patch.size() == 2);
  CHECK(mutated.response.patch.front().path == Path("/spec/mark"));
  CHECK(mutated.response.allowed);
  CHECK(mutated.response.warnings.empty());
  for (const Door door : kValidating) CHECK(both(sent, door).response.patch.empty());
}

TEST_CASE("policies that need an inventory are skipped while there is none") {
  Policy absent = kDenier;
  absent.needs = Needs::absence;
  Policy sibling = kDenier;
  sibling.needs = Needs::siblings;
  const Json sent = stateful_set_review();
  CHECK(is_plain_allowance(Sent{.policies = {&absent, &sibling}}(sent)));
  const Sent informed{.policies = {&absent, &sibling},
                      .set = ObjectSet({}, ObjectSet::Coverage::complete)};
  CHECK_FALSE(informed(sent).response.allowed);
}

TEST_CASE("evictions, other subresources, unknown kinds and CONNECT are allowed as they are") {
  Json status = stateful_set_review("UPDATE");
  status["request"]["subResource"] = "status";
  Json connect = stateful_set_review("CONNECT");
  connect["request"]["kind"] = {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}};
  connect["request"]["subResource"] = "exec";
  Json unknown = stateful_set_review();
  unknown["request"]["kind"] = {{"group", "example.com"}, {"version", "v1"}, {"kind", "Widget"}};
  unknown["request"]["object"] = {{"apiVersion", "example.com/v1"}, {"kind", "Widget"}};
  Json bare_connect = stateful_set_review("CONNECT");
  Json scale = Json::parse(recorded("010"));
  scale["request"]["resource"]["resource"] = "deployments";
  Json other_group = Json::parse(recorded("010"));
  other_group["request"]["resource"]["group"] = "apps.kruise.io";
  Json lone_scale = Json::parse(recorded("010"));
  lone_scale["request"].erase("subResource");
  Json no_old = stateful_set_review("DELETE");
  no_old["request"]["oldObject"] = nullptr;
  const std::string bodies[] = {status.dump(),       connect.dump(), unknown.dump(),
                                bare_connect.dump(), scale.dump(),   other_group.dump(),
                                lone_scale.dump(),   no_old.dump(),  recorded("036")};
  const Sent loud{.policies = {&kDenier, &kWitness}};
  for (const std::string& body : bodies) {
    for (const Door door : kDoors) {
      CAPTURE(body);
      CHECK(is_plain_allowance(loud(body, door)));
    }
  }
}

TEST_CASE(
    "an object that the API server would not have sent is not judged: the guard denies it, others "
    "warn") {
  Json other_kind = stateful_set_review();
  other_kind["request"]["object"]["kind"] = "Deployment";
  Json other_version = stateful_set_review();
  other_version["request"]["object"]["apiVersion"] = "apps/v1beta1";
  Json no_type = stateful_set_review();
  no_type["request"]["object"].erase("apiVersion");
  Json real = stateful_set_review();
  real["request"]["object"]["spec"]["replicas"] = 3.0;
  Json odd_list = stateful_set_review();
  odd_list["request"]["object"]["spec"]["template"]["spec"]["containers"] = "none";
  const Sent loud{.policies = {&kDenier}};
  for (const Json& sent : {other_kind, other_version, no_type, real, odd_list}) {
    CAPTURE(sent.dump());
    for (const Door door : {Door::mutate, Door::validate, Door::observe}) {
      const AdmissionResponse response = loud(sent, door).response;
      CHECK(response.allowed);
      CHECK(response.patch.empty());
      REQUIRE(response.warnings.size() == 1);
      CHECK(response.warnings.front().starts_with("stateward did not judge this: "));
    }
    const Answer guarded = loud(sent, Door::guard);
    CHECK_FALSE(guarded.response.allowed);
    CHECK(guarded.response.code == 400);
    CHECK(guarded.response.reason == "BadRequest");
    CHECK(guarded.denied_by.empty());
  }
}

TEST_CASE("doors and their paths name each other") {
  for (const Door door : kDoors) CHECK(door_of(path_of(door)) == door);
  for (const char* path :
       {"", "/", "/mutate/", "/Mutate", "/validate/guard/x", "/validate/", "mutate"}) {
    CHECK_FALSE(door_of(path).has_value());
  }
}
