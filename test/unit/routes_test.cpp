// Dispatch, and the rules of the admission contract (rules 1 to 9 of the webhook's acceptance list)
// held against the whole path from bytes to bytes, with the policies and injections of this build
// and with two that go too far.

#include "webhook/routes.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>
#include <stdexcept>

#include "policies/catalogue.h"
#include "test/unit/api_server.h"
#include "test/unit/fixture.h"
#include "test/unit/random_reviews.h"
#include "webhook/log.h"

namespace {

using namespace stateward;
using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
constexpr Door kDoors[] = {Door::mutate, Door::validate, Door::observe, Door::guard};
const KindSet kKinds{Kind::stateful_set, Kind::pod, Kind::claim, Kind::scale};
const OperationSet kOperations{Operation::create, Operation::update, Operation::remove};

// More than the API server takes, in every direction.
void shout(const Subject& subject, Findings& findings) {
  for (int i = 0; i < 40; ++i) {
    const std::string message = fmt::format("line\n\xC2\x85{} {}\xF0\x9F\x92\xBE",
                                            subject.object.name, std::string(200, 'x'));
    findings.add(Path("/spec") / fmt::format("a/b~{}", i), message);
  }
}
const Policy kShouting{.id = "shouting",
                       .kinds = kKinds,
                       .operations = kOperations,
                       .remedy = "shout less",
                       .check = shout};
const Policy kShoutingDenial{.id = "shouting-denial",
                             .action = EnforcementAction::deny,
                             .guarded = EnforcementAction::deny,
                             .kinds = kKinds,
                             .operations = kOperations,
                             .remedy = "shout less",
                             .check = shout};

void explode(const Subject&, Findings&) { throw std::runtime_error("secret text of an exception"); }
const Policy kExploding{
    .id = "exploding", .kinds = kKinds, .operations = kOperations, .check = explode};

Serving serving(std::vector<const Policy*> more = {}) {
  Serving made{.version = "1.2.3",
               .policies = policies::all_policies(),
               .injections = policies::all_injections(),
               .certificate_expires = [] { return kNow + 24h; },
               .now = [] { return kNow; }};
  made.policies.insert(made.policies.end(), more.begin(), more.end());
  return made;
}

// The reply, however often one has to ask for it.
HttpReply await(Outcome outcome) {
  if (auto* reply = std::get_if<HttpReply>(&outcome)) return std::move(*reply);
  const LaterReply later = std::get<LaterReply>(std::move(outcome));
  for (;;) {
    if (auto reply = later()) return std::move(*reply);
  }
}

WireReply post(const Routes& routes, Door door, std::string_view body) {
  HttpReply reply = await(routes.admission({.method = "POST",
                                            .path = path_of(door),
                                            .query = "timeout=5s",
                                            .content_type = "application/json",
                                            .body = body}));
  return {.status = reply.status,
          .content_type = std::string(reply.content_type),
          .body = std::move(reply.body)};
}

Json response_of(const WireReply& reply) { return Json::parse(reply.body).at("response"); }

// Pointers to the values that differ, whether they were added, replaced or removed. What holds
// nothing is null here.
std::set<std::string> changed_leaves(const Json& before, const Json& after) {
  const Json old_leaves = before.flatten();
  const Json new_leaves = after.flatten();
  std::set<std::string> changed;
  for (const auto& [place, value] : new_leaves.items()) {
    if (!value.is_null() && (!old_leaves.contains(place) || old_leaves[place] != value))
      changed.insert(place);
  }
  for (const auto& [place, value] : old_leaves.items()) {
    if (!new_leaves.contains(place) && !value.is_null()) changed.insert(place);
  }
  return changed;
}

bool is_declared(std::string_view place) {
  constexpr std::string_view kContainers = "/spec/template/spec/containers/";
  if (place == "/spec/serviceName" || place == "/metadata/annotations/stateward.dev~1injected")
    return true;
  if (!place.starts_with(kContainers)) return false;
  const std::string_view in_container = place.substr(place.find('/', kContainers.size()));
  return in_container.starts_with("/readinessProbe/") ||
         in_container.starts_with("/startupProbe/") || in_container.starts_with("/livenessProbe/");
}

int status(const Routes& routes, HttpRequest request) {
  return await(routes.admission(request)).status;
}

// A cluster of which the inventory hears only when somebody asks for the third time.
class Late {
 public:
  explicit Late(std::string_view cluster) : after_(Fixture::from_yaml(cluster)), known_(&before_) {}

  Routes routes() {
    Serving made = serving();
    made.knowledge = {
        .view = [this](std::string_view) { return ObjectSet(shared(*known_), nullptr, kWhole); },
        .knows =
            [this](Kind kind, std::string_view name_space, std::string_view name) {
              waited_for = fmt::format("{}/{}", name_space, name);
              if (++asked_ == 3) known_ = &after_;
              return known_->set.find(kind, name_space, name) != nullptr;
            }};
    return Routes(std::move(made));
  }

  std::string waited_for;

 private:
  static constexpr auto kWhole = ObjectSet::Coverage::complete;
  static std::shared_ptr<const ObjectSet> shared(const Fixture& fixture) {
    return {std::shared_ptr<void>(), &fixture.set};
  }

  const Fixture before_ = Fixture::from_yaml("");
  const Fixture after_;
  const Fixture* known_;
  int asked_ = 0;
};

// Of a set of three replicas that mount claim "one".
Json sharing_review() {
  Json sent = stateful_set_review();
  Json& spec = sent["request"]["object"]["spec"];
  spec["serviceName"] = "db";
  spec["template"]["spec"]["volumes"] = {
      {{"name", "v"}, {"persistentVolumeClaim", {{"claimName", "one"}}}}};
  return sent;
}

std::string claim(std::string_view name_space, std::string_view mode) {
  return fmt::format(
      "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: one, namespace: {}}}, "
      "spec: {{accessModes: [{}]}}}}\n",
      name_space, mode);
}

// The recorded kubectl scale of set "web", to two replicas.
Json scale_review() {
  for (const RecordedReview& recorded : recorded_reviews()) {
    if (recorded.file.find("-scale-") == std::string::npos) continue;
    Json sent = Json::parse(recorded.body);
    sent["request"]["object"]["spec"]["replicas"] = 2;
    sent["request"]["oldObject"]["spec"]["replicas"] = 1;
    return sent;
  }
  return {};
}

}  // namespace

TEST_CASE(
    "rule 1: each well-formed review is answered with 200, JSON, its own version and its own uid") {
  const Routes routes(serving({&kShouting}));
  RandomReviews random(1);
  std::size_t versions[2] = {0, 0};
  for (int i = 0; i < 10'000; ++i) {
    const Json sent = random.next();
    const std::string body = sent.dump();
    const Door door = kDoors[i % 4];
    const std::string wrong = complaints(sent, door, post(routes, door, body));
    ++versions[sent["apiVersion"] == "admission.k8s.io/v1" ? 0 : 1];
    if (wrong.empty()) continue;
    CAPTURE(body);
    FAIL_CHECK(wrong);
    break;
  }
  CHECK(versions[0] > 1000);
  CHECK(versions[1] > 1000);
}

TEST_CASE(
    "rule 2: patches come from /mutate alone, and there patch and patchType come together or not "
    "at all") {
  const Routes routes(serving());
  std::size_t patches = 0;
  for (const RecordedReview& recorded : recorded_reviews()) {
    CAPTURE(recorded.file);
    for (const Door door : kDoors) {
      const Json response = response_of(post(routes, door, recorded.body));
      CHECK(response.contains("patch") == response.contains("patchType"));
      if (response.contains("patch")) CHECK(door == Door::mutate);
      patches += response.contains("patch");
    }
  }
  // The two times that `kubectl apply` created a set, and the dry run before.
  CHECK(patches == 3);
}

TEST_CASE(
    "rule 5: a patch adds what is declared, tests nothing and replaces nothing of the user's") {
  const Routes routes(serving());
  RandomReviews random(5);
  std::size_t operations = 0;
  for (int i = 0; i < 5'000; ++i) {
    const Json sent = random.next();
    const Json answer = Json::parse(post(routes, Door::mutate, sent.dump()).body);
    for (const Json& operation : patch_of(answer)) {
      CHECK((operation["op"] == "add" || operation["op"] == "remove"));
      if (operation["op"] == "add") CHECK_FALSE(operation["value"].is_array());
      ++operations;
    }
    if (!answer["response"].contains("patch")) continue;
    for (const std::string& place :
         changed_leaves(sent["request"]["object"], patched(sent, answer))) {
      CAPTURE(place);
      CHECK(is_declared(place));
    }
  }
  CHECK(operations > 100);
}

TEST_CASE("rule 6: warnings and audit notes stay within what the API server passes on") {
  const Routes routes(serving({&kShouting}));
  const Json sent = stateful_set_review();
  for (const Door door : {Door::validate, Door::observe, Door::guard}) {
    const WireReply reply = post(routes, door, sent.dump());
    CHECK(complaints(sent, door, reply) == "");
    CHECK(response_of(reply)["warnings"].size() == 10);
    CHECK(response_of(reply)["auditAnnotations"].contains("shouting"));
  }
}

TEST_CASE(
    "rule 7: a denial has a code, a reason, and a message of at most 1 KiB that names policy and "
    "place") {
  const Routes routes(serving({&kShoutingDenial}));
  const Json sent = stateful_set_review();
  for (const Door door : {Door::validate, Door::guard}) {
    const WireReply reply = post(routes, door, sent.dump());
    CHECK(complaints(sent, door, reply) == "");
    const Json status = response_of(reply)["status"];
    CHECK(status["code"] == 403);
    CHECK(status["reason"] == "Forbidden");
    CHECK(status["message"].get<std::string>().find("[shouting-denial]") != std::string::npos);
    CHECK(status["message"].get<std::string>().find("/spec/a~1b~00") != std::string::npos);
  }
  CHECK(response_of(post(routes, Door::observe, sent.dump()))["allowed"] == true);
}

TEST_CASE("rule 8: the odd shapes of requests have a plain answer") {
  const Routes routes(serving());
  Json removed = stateful_set_review("DELETE");
  Json connect = stateful_set_review("CONNECT");
  connect["request"]["subResource"] = "exec";
  Json nameless = stateful_set_review();
  nameless["request"]["name"] = "";
  nameless["request"]["object"]["metadata"] = {{"generateName", "db-"}, {"namespace", "prod"}};
  Json no_old = stateful_set_review("UPDATE");
  no_old["request"]["oldObject"] = nullptr;
  Json nothing_old = stateful_set_review("DELETE");
  nothing_old["request"].erase("oldObject");
  Json undecided = stateful_set_review();
  undecided["request"].erase("dryRun");
  Json unknown = stateful_set_review();
  unknown["request"]["kind"]["kind"] = "Widget";
  Json bare = stateful_set_review();
  bare["request"]["object"] = {{"apiVersion", "apps/v1"}, {"kind", "StatefulSet"}};
  for (const Json& sent :
       {removed, connect, nameless, no_old, nothing_old, undecided, unknown, bare}) {
    CAPTURE(sent.dump());
    for (const Door door : kDoors) {
      CHECK(complaints(sent, door, post(routes, door, sent.dump())) == "");
    }
  }
  const auto patches = [&](const Json& sent) {
    return response_of(post(routes, Door::mutate, sent.dump())).contains("patch");
  };
  CHECK(patches(undecided));
  CHECK_FALSE(patches(removed));
  CHECK_FALSE(patches(connect));
  CHECK_FALSE(patches(unknown));
}

TEST_CASE("rule 9: a dry run is answered byte for byte like the real thing") {
  const Routes routes(serving({&kShouting}));
  std::size_t compared = 0;
  for (const RecordedReview& recorded : recorded_reviews()) {
    CAPTURE(recorded.file);
    Json real = Json::parse(recorded.body);
    Json dry = real;
    real["request"]["dryRun"] = false;
    dry["request"]["dryRun"] = true;
    for (const Door door : kDoors) {
      CHECK(post(routes, door, real.dump()).body == post(routes, door, dry.dump()).body);
      ++compared;
    }
  }
  CHECK(compared == 61 * 4);
}

TEST_CASE("a set without serviceName is mended, and asking again finds nothing to do") {
  const Routes routes(serving());
  Json sent = stateful_set_review();
  const Json first = Json::parse(post(routes, Door::mutate, sent.dump()).body);
  const Json stored = patched(sent, first);
  CHECK(stored["spec"]["serviceName"] == "db-headless");
  CHECK(
      stored["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["tcpSocket"]["port"] ==
      "client");
  sent["request"]["object"] = stored;
  CHECK_FALSE(response_of(post(routes, Door::mutate, sent.dump())).contains("patch"));
}

TEST_CASE("a denial for a claim that is not known yet waits for it") {
  Late writable(claim("prod", "ReadWriteMany"));
  CHECK(response_of(post(writable.routes(), Door::validate, sharing_review().dump()))["allowed"] ==
        true);
  CHECK(writable.waited_for == "prod/one");
  Late once(claim("prod", "ReadWriteOnce"));
  CHECK(response_of(post(once.routes(), Door::validate, sharing_review().dump()))["allowed"] ==
        false);
  Late nothing("");
  CHECK(response_of(post(nothing.routes(), Door::validate, sharing_review().dump()))["allowed"] ==
        false);
  CHECK(nothing.waited_for == "prod/one");
}

TEST_CASE("what waits is bounded in bytes, and whoever comes on top of it comes again") {
  Late late(claim("elsewhere", "ReadWriteOnce"));
  const Routes routes = late.routes();
  Json sent = sharing_review();
  sent["request"]["object"]["metadata"]["annotations"]["note"] = std::string(kMostWaiting / 4, 'x');
  const std::string body = sent.dump();
  const auto ask = [&] {
    return routes.admission({.method = "POST",
                             .path = path_of(Door::validate),
                             .query = "timeout=5s",
                             .content_type = "application/json",
                             .body = body});
  };
  std::vector<Outcome> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(ask());
    REQUIRE(std::holds_alternative<LaterReply>(waiting.back()));
  }
  const Outcome refused = ask();
  REQUIRE(std::holds_alternative<HttpReply>(refused));
  CHECK(std::get<HttpReply>(refused).status == 503);
  CHECK(std::get<HttpReply>(refused).again_shortly);
  // Those that wait are answered all the same, and make room.
  CHECK(await(std::move(waiting.front())).status == 200);
  waiting.erase(waiting.begin());
  CHECK(std::holds_alternative<LaterReply>(ask()));
}

TEST_CASE("a review that is too large to wait is answered at once") {
  Late late(claim("elsewhere", "ReadWriteOnce"));
  const Routes routes = late.routes();
  Json sent = sharing_review();
  sent["request"]["object"]["metadata"]["annotations"]["note"] = std::string(kMostWaiting, 'x');
  const std::string body = sent.dump();
  const Outcome outcome = routes.admission({.method = "POST",
                                            .path = path_of(Door::validate),
                                            .query = "timeout=5s",
                                            .content_type = "application/json",
                                            .body = body});
  REQUIRE(std::holds_alternative<HttpReply>(outcome));
  const Json answer = Json::parse(std::get<HttpReply>(outcome).body);
  CHECK(answer["response"]["allowed"] == false);
}

TEST_CASE("who scales a set that is not known yet waits for it") {
  Late late(claim("default", "ReadWriteOnce") + R"(---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  template:
    spec:
      volumes: [{name: v, persistentVolumeClaim: {claimName: one}}]
      containers: [{name: a}]
)");
  const Routes routes = late.routes();
  CHECK(response_of(post(routes, Door::mutate, scale_review().dump()))["allowed"] == true);
  CHECK(late.waited_for.empty());
  CHECK(response_of(post(routes, Door::validate, scale_review().dump()))["allowed"] == false);
  CHECK(late.waited_for == "default/web");
  CHECK(response_of(post(routes, Door::validate, scale_review().dump()))["allowed"] == false);
  CHECK(late.waited_for == "default/web");
  Late nothing("");
  CHECK(response_of(post(nothing.routes(), Door::validate, scale_review().dump()))["allowed"] ==
        true);
}

TEST_CASE(
    "a request that is no review gets a status that the registration's failurePolicy decides on") {
  const Routes routes(serving());
  const std::string good = stateful_set_review().dump();
  const std::string too_large(kLargestBody + 1, ' ');
  const std::string json = "application/json";
  CHECK(status(routes, {"POST", "/validate", "", json, good}) == 200);
  CHECK(status(routes, {"POST", "/validate", "timeout=3s", "Application/JSON; charset=utf-8",
                        good}) == 200);
  CHECK(status(routes, {"GET", "/validate", "", json, ""}) == 405);
  CHECK(status(routes, {"PUT", "/validate", "", json, good}) == 405);
  CHECK(status(routes, {"POST", "/", "", json, good}) == 404);
  CHECK(status(routes, {"POST", "/livez", "", json, good}) == 404);
  CHECK(status(routes, {"POST", "/validate", "", "", good}) == 415);
  CHECK(status(routes, {"POST", "/validate", "", "application/jsonx", good}) == 415);
  CHECK(status(routes, {"POST", "/validate", "", "application/x-www-form-urlencoded", good}) ==
        415);
  CHECK(status(routes, {"POST", "/validate", "", json, "{"}) == 400);
  CHECK(status(routes, {"POST", "/validate", "", json, too_large}) == 413);
  CHECK(await(routes.admission({"GET", "/mutate", "", json, ""})).allow == "POST");
}

TEST_CASE("a fault of our own is status 500 and tells nothing") {
  const Routes routes(serving({&kExploding}));
  const WireReply reply = post(routes, Door::guard, stateful_set_review().dump());
  CHECK(reply.status == 500);
  CHECK(reply.body == "internal error\n");
}

TEST_CASE("a review that repeats a member is denied by the guard and warned of by the others") {
  const Routes routes(serving());
  std::string body = stateful_set_review().dump();
  body.insert(body.find("\"replicas\""), "\"replicas\":1,");
  const Json guarded = response_of(post(routes, Door::guard, body));
  CHECK(guarded["allowed"] == false);
  CHECK(guarded["status"]["code"] == 400);
  for (const Door door : {Door::mutate, Door::validate, Door::observe}) {
    const Json response = response_of(post(routes, door, body));
    CHECK(response["allowed"] == true);
    CHECK(response["uid"] == "u-1");
    CHECK(response["warnings"].size() == 1);
    CHECK_FALSE(response.contains("patch"));
  }
}

TEST_CASE(
    "whoever watches is told of every answer, and a denial makes one line without anything "
    "secret") {
  std::vector<std::string> lines;
  Serving watched = serving();
  watched.policies = {&kShoutingDenial};
  watched.observe = [&lines](const Answered& answered) {
    lines.push_back(answer_line(answered, LogFormat::text));
  };
  const Routes routes(std::move(watched));
  Json sent = stateful_set_review();
  sent["request"]["userInfo"]["username"] = "eve\n2026 info denied policy=none";
  sent["request"]["object"]["metadata"]["annotations"] = {{"token", "canary"}};
  post(routes, Door::guard, sent.dump());
  REQUIRE(lines.size() == 1);
  CHECK(lines.front() ==
        "denied policy=shouting-denial path=/validate/guard operation=CREATE kind=\"StatefulSet\" "
        "namespace=\"prod\" name=\"db\" user=\"eve 2026 info denied policy=none\" uid=\"u-1\"");
  sent["request"]["operation"] = "PATCH";
  post(routes, Door::guard, sent.dump());
  CHECK(lines.back() == "denied policy=- path=/validate/guard uid=\"u-1\"");
}

TEST_CASE("health says that we live, whether we are ready, and which version we are") {
  const Routes routes(serving());
  const auto get = [&](std::string_view path) {
    return routes.health({.method = "GET", .path = path});
  };
  CHECK(get("/livez").status == 200);
  CHECK(get("/healthz").status == 200);
  CHECK(get("/readyz").body == "ok\n");
  CHECK(get("/version").body == R"({"version":"1.2.3"})");
  CHECK(get("/version").content_type == "application/json");
  CHECK(get("/").status == 404);
  CHECK(get("/validate").status == 404);
  CHECK(routes.health({.method = "HEAD", .path = "/livez"}).status == 200);
  CHECK(routes.health({.method = "POST", .path = "/livez"}).status == 405);
}

TEST_CASE("livez is 503 where whoever answers reviews has not looked around for ten seconds") {
  const auto get = [](std::string_view path, std::chrono::milliseconds silence) {
    return health_reply(
        {.method = "GET", .path = path},
        {.version = "1", .checks = [] { return std::vector<HealthCheck>(); }, .silence = silence});
  };
  CHECK(get("/livez", 10s).status == 200);
  CHECK(get("/livez", 10'001ms).status == 503);
  CHECK(get("/healthz", 11s).body == "no sign of life for 11 s\n");
  CHECK(get("/readyz", 11s).status == 200);
  CHECK(get("/version", 11s).status == 200);
}

TEST_CASE("metrics are told where there are any") {
  const auto get = [](std::string_view method, std::function<std::string()> metrics) {
    return health_reply({.method = method, .path = "/metrics"}, {.metrics = std::move(metrics)});
  };
  CHECK(get("GET", {}).status == 404);
  CHECK(get("GET", [] { return "x 1\n"; }).body == "x 1\n");
  CHECK(get("GET", [] { return "x 1\n"; }).content_type ==
        "text/plain; version=0.0.4; charset=utf-8");
  CHECK(get("POST", [] { return "x 1\n"; }).status == 405);
  CHECK(get("GET", []() -> std::string { throw std::runtime_error("secret"); }).body ==
        "internal error\n");
}

TEST_CASE("we are not ready while we drain or without a certificate that holds") {
  Routes draining(serving());
  draining.drain();
  CHECK(draining.health({.method = "GET", .path = "/readyz"}).status == 503);
  CHECK(draining.health({.method = "GET", .path = "/readyz"})
            .body.find("[-]serving failed: about to stop") == 0);
  CHECK(draining.health({.method = "GET", .path = "/livez"}).status == 200);

  Serving late = serving();
  late.certificate_expires = [] { return kNow; };
  CHECK(Routes(std::move(late)).health({.method = "GET", .path = "/readyz"}).status == 503);

  Serving early = serving();
  early.certificate_expires = [] { return std::nullopt; };
  const HttpReply reply = Routes(std::move(early)).health({.method = "GET", .path = "/readyz"});
  CHECK(reply.status == 503);
  CHECK(reply.body.find("[-]serving-certificate failed: no serving certificate yet\n") == 0);
}

TEST_CASE("readyz?verbose lists the policies that need an inventory while there is none") {
  Policy absence{.id = "needs-absence",
                 .needs = Needs::absence,
                 .kinds = kKinds,
                 .operations = kOperations,
                 .check = shout};
  Policy siblings = absence;
  siblings.id = "needs-siblings";
  siblings.needs = Needs::siblings;
  const auto verbose = [&](Serving given) {
    return Routes(std::move(given))
        .health({.method = "GET", .path = "/readyz", .query = "timeout=1s&verbose"})
        .body;
  };
  const std::string body = verbose(serving({&absence, &siblings, &kShouting}));
  CHECK(body.find("[+]serving-certificate ok: until 2026-11-22T00:00:00Z\n") != std::string::npos);
  CHECK(body.find("[+]inventory ok: none; policies that need one are skipped: ") !=
        std::string::npos);
  CHECK(body.find("needs-absence, needs-siblings\n") != std::string::npos);
  CHECK(body.find("shouting") == std::string::npos);
  CHECK(body.ends_with("readyz check passed\n"));
  Serving informed = serving({&absence});
  informed.knowledge.view = [](std::string_view) {
    return ObjectSet({}, ObjectSet::Coverage::complete);
  };
  CHECK(verbose(std::move(informed)).find("[+]inventory ok: synced\n") != std::string::npos);
}

TEST_CASE(
    "a review is judged for the release that the cluster is, and for the latest without one") {
  const Policy release{.id = "release",
                       .kinds = {Kind::stateful_set},
                       .operations = {Operation::create},
                       .remedy = "none",
                       .check = [](const Subject& subject, Findings& findings) {
                         findings.add("/spec",
                                      fmt::format("judged for 1.{}.{}", subject.kubernetes.minor,
                                                  subject.kubernetes.patch));
                       }};
  const auto warnings = [&](const std::function<KubernetesVersion()>& kubernetes) {
    Serving made = serving();
    made.policies = {&release};
    made.knowledge.kubernetes = kubernetes;
    const Json review = {
        {"apiVersion", "admission.k8s.io/v1"},
        {"kind", "AdmissionReview"},
        {"request",
         {{"uid", "1"},
          {"kind", {{"group", "apps"}, {"version", "v1"}, {"kind", "StatefulSet"}}},
          {"resource", {{"group", "apps"}, {"version", "v1"}, {"resource", "statefulsets"}}},
          {"name", "web"},
          {"namespace", "a"},
          {"operation", "CREATE"},
          {"userInfo", {{"username", "alice"}}},
          {"object",
           {{"apiVersion", "apps/v1"},
            {"kind", "StatefulSet"},
            {"metadata", {{"name", "web"}, {"namespace", "a"}}},
            {"spec", Json::object()}}}}}};
    return response_of(post(Routes(std::move(made)), Door::validate, review.dump()))
        .at("warnings")
        .dump();
  };
  CHECK(warnings([] {
          return KubernetesVersion{1, 31, 4};
        }).find("judged for 1.31.4") != std::string::npos);
  CHECK(warnings({}).find(fmt::format("judged for 1.{}.0", kLatestKubernetes.minor)) !=
        std::string::npos);
}
