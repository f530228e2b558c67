// Threats to whoever answers reviews, held against the whole path from bytes to a decision. Each
// test begins with the letter of its threat in SECURITY.md's table; where the others are tested
// stands there too. All letters in one file, which is why it is long.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "engine/evaluate.h"
#include "policies/catalogue.h"
#include "test/unit/api_server.h"
#include "test/unit/fixture.h"
#include "test/unit/random_reviews.h"
#include "webhook/routes.h"

namespace {

using namespace stateward;
using namespace std::chrono_literals;
using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path kSource = STATEWARD_SOURCE;
constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
constexpr Date kToday{2026, 11, 21};
constexpr Door kDoors[] = {Door::mutate, Door::validate, Door::observe, Door::guard};

std::string text_of(const fs::path& file) {
  std::ifstream stream(kSource / file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

WireReply post(const Routes& routes, Door door, const Json& sent) {
  const std::string body = sent.dump();
  Outcome outcome = routes.admission({.method = "POST",
                                      .path = path_of(door),
                                      .query = "timeout=5s",
                                      .content_type = "application/json",
                                      .body = body});
  HttpReply& reply = std::get<HttpReply>(outcome);
  return {.status = reply.status,
          .content_type = std::string(reply.content_type),
          .body = std::move(reply.body)};
}

Routes routes() {
  return Routes({.version = "1.2.3",
                 .policies = policies::all_policies(),
                 .injections = policies::all_injections(),
                 .certificate_expires = [] { return kNow + 24h; },
                 .now = [] { return kNow; }});
}

// With everything known: what is not in `cluster` does not exist.
Answer answered(const Json& sent, Door door = Door::validate, std::string_view cluster = "") {
  const std::string body = sent.dump();
  const auto review = decode_review(body);
  REQUIRE(review.has_value());
  const Fixture known = Fixture::from_yaml(cluster);
  const auto policies = policies::all_policies();
  const auto injections = policies::all_injections();
  return answer(
      *review, door,
      {.policies = policies, .injections = injections, .set = known.set, .today = kToday});
}

using Ids = std::vector<std::string_view>;

Json volume(std::string_view claim) {
  return {{"name", claim}, {"persistentVolumeClaim", {{"claimName", claim}}}};
}

// An object whose three replicas share the claims.
void share(Json& object, const std::vector<std::string>& claims) {
  object["spec"]["serviceName"] = "db";
  Json& pod = object["spec"]["template"]["spec"];
  pod["volumes"] = Json::array();
  for (const std::string& claim : claims) pod["volumes"].push_back(volume(claim));
}

Json sharing(std::string_view operation = "CREATE") {
  Json sent = stateful_set_review(operation);
  for (const char* member : {"object", "oldObject"}) {
    if (sent["request"][member].is_object()) share(sent["request"][member], {"one"});
  }
  return sent;
}

// Of a Pod what a Pod Security level asks about, as paths that end in what is allowed.
void add_privileges(const Json& pod, const std::string& place, std::set<std::string>& all) {
  constexpr const char* kAsked[] = {"hostNetwork",
                                    "hostPID",
                                    "hostIPC",
                                    "hostPath",
                                    "hostPort",
                                    "hostUsers",
                                    "securityContext",
                                    "capabilities",
                                    "privileged",
                                    "serviceAccount",
                                    "serviceAccountName",
                                    "automountServiceAccountToken",
                                    "volumes",
                                    "volumeMounts",
                                    "volumeDevices",
                                    "command",
                                    "args",
                                    "env",
                                    "envFrom",
                                    "image",
                                    "exec",
                                    "host",
                                    "lifecycle",
                                    "nodeName",
                                    "initContainers",
                                    "ephemeralContainers",
                                    "tolerations",
                                    "runtimeClassName"};
  if (!pod.is_structured()) return;
  for (const auto& [key, value] : pod.items()) {
    const std::string path = place + "/" + key;
    const auto asked = [&](const char* field) { return key == field; };
    if (std::any_of(std::begin(kAsked), std::end(kAsked), asked)) {
      all.insert(path + "=" + value.dump());
    } else {
      add_privileges(value, path, all);
    }
  }
}

std::set<std::string> privileges(const Json& object) {
  std::set<std::string> all;
  add_privileges(object.value("spec", Json()), "", all);
  return all;
}

}  // namespace

TEST_CASE("threat j: rule 48: no list of containers is overlooked by what looks at containers") {
  const char* const lists[] = {"containers", "initContainers", "ephemeralContainers"};
  const std::pair<std::string_view, std::string> bad[] = {
      {"mount-without-volume", "volumeMounts: [{name: nowhere, mountPath: /x}]"},
      {"mount-without-volume", "volumeDevices: [{name: nowhere, devicePath: /x}]"},
      {"mutable-image-tag", "restartPolicy: Always"},
  };
  const std::string image = "registry.example.com/app";
  for (const auto& [policy, fields] : bad) {
    for (const std::string_view list : lists) {
      CAPTURE(policy);
      CAPTURE(list);
      // A template has no ephemeral containers, so their images are nobody's.
      if (policy == "mutable-image-tag" && list == "ephemeralContainers") continue;
      const std::string fine =
          list == lists[0]
              ? ""
              : fmt::format(", containers: [{{name: a, image: \"{}@sha256:0\"}}]", image);
      const Fixture fixture = Fixture::from_yaml(fmt::format(
          "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: web}}, spec: "
          "{{serviceName: web, template: {{spec: {{{}: [{{name: c, image: \"{}\", {}}}]{}}}}}}}}}",
          list, image, fields, fine));
      const auto all = policies::all_policies();
      const Object& object = fixture.object(Kind::stateful_set, "web");
      const Evaluation judged =
          evaluate(all, {.object = object, .set = fixture.set, .today = kToday});
      CHECK(std::any_of(judged.findings.begin(), judged.findings.end(), [&](const Finding& found) {
        return found.policy->id == policy &&
               found.path.text().starts_with(fmt::format("/spec/template/spec/{}/0/", list));
      }));
    }
  }
}

TEST_CASE("threat j: lists of containers are named in one place, which the others go through") {
  // Where the words stand for something else: types of fields, fields to keep, an object of ours,
  // and a Pod without claims, of which only its main containers count.
  const std::set<std::string> others = {"engine/workload.cpp",
                                        "engine/shape.cpp",
                                        "cluster/watched.cpp",
                                        "cluster/surveyed_resources.cpp",
                                        "cluster/checkup.cpp",
                                        "cli/local.cpp",
                                        "policies/storage/bare-pod-with-claim.cpp"};
  std::set<std::string> found;
  for (const char* folder : {"engine", "policies", "webhook", "cluster", "cli"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kSource / folder)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
      const std::string file = fs::relative(entry.path(), kSource).generic_string();
      const std::string text = text_of(file);
      for (const char* word :
           {"[\"containers\"", "[\"initContainers\"", "[\"ephemeralContainers\"",
            "\"initContainers\"", "\"ephemeralContainers\"", " initContainers "}) {
        const std::size_t at = text.find(word);
        if (at != std::string::npos && text.rfind("//", at) <= text.rfind('\n', at))
          found.insert(file);
      }
    }
  }
  CHECK(found.contains("engine/workload.cpp"));
  for (const std::string& file : found) CHECK_MESSAGE(others.contains(file), file);
}

TEST_CASE(
    "threat k: rule 49: of subresources the Scale is judged, and no other is held up, at any "
    "door") {
  Json scale;
  for (const RecordedReview& recorded : recorded_reviews()) {
    if (recorded.file.find("-scale-") != std::string::npos) scale = Json::parse(recorded.body);
  }
  REQUIRE(scale["request"]["subResource"] == "scale");
  scale["request"]["object"]["spec"]["replicas"] = 3;
  scale["request"]["oldObject"]["spec"]["replicas"] = 1;
  Json stored = stateful_set_review()["request"]["object"];
  share(stored, {"one"});
  stored["spec"]["replicas"] = 1;
  for (const char* member : {"name", "namespace"})
    stored["metadata"][member] = scale["request"]["object"]["metadata"][member];
  CHECK(answered(scale, Door::validate, stored.dump()).denied_by == Ids{"shared-claim"});
  CHECK(answered(scale, Door::guard, stored.dump()).denied_by == Ids{"shared-claim"});
  for (const char* subresource : {"status", "ephemeralcontainers", "resize", "not-yet-invented"}) {
    CAPTURE(subresource);
    Json other = sharing("UPDATE");
    other["request"]["subResource"] = subresource;
    for (const Door door : kDoors) {
      const AdmissionResponse response = answered(other, door, stored.dump()).response;
      CHECK(response.allowed);
      CHECK(response.patch.empty());
    }
  }
}

TEST_CASE("threat l: reviews of versions that we do not know, or of new fields, are answered") {
  const Routes served = routes();
  for (const char* version : {"v1beta1", "v1beta2", "v1", "v2", "v2alpha1"}) {
    Json sent = sharing();
    sent["request"]["kind"]["version"] = version;
    sent["request"]["object"]["apiVersion"] = fmt::format("apps/{}", version);
    CAPTURE(version);
    for (const Door door : kDoors) CHECK(complaints(sent, door, post(served, door, sent)) == "");
  }
  const Json known = sharing();
  Json newer = known;
  Json& object = newer["request"]["object"];
  for (Json* place :
       {&object, &object["metadata"], &object["spec"], &object["spec"]["template"],
        &object["spec"]["template"]["spec"], &object["spec"]["template"]["spec"]["containers"][0]})
    (*place)["fieldOfNextYear"] = {{"deep", Json::array({1, "two", nullptr})}};
  for (const Door door : kDoors)
    CHECK(post(served, door, newer).body == post(served, door, known).body);
  CHECK(answered(newer).denied_by == Ids{"shared-claim"});
}

TEST_CASE("threat l: a release that drops any field gets an answer, and no fault of ours") {
  const Routes served = routes();
  std::size_t dropped = 0;
  for (const RecordedReview& recorded : recorded_reviews()) {
    const Json whole = Json::parse(recorded.body);
    CAPTURE(recorded.file);
    std::set<std::string> fields;
    const Json leaves = whole["request"].value("object", Json()).flatten();
    for (const auto& [leaf, value] : leaves.items()) {
      for (std::string at = leaf; !at.empty(); at.resize(at.rfind('/'))) fields.insert(at);
    }
    for (const std::string& field : fields) {
      if (field.find("managedFields") != std::string::npos) continue;
      Json sent = whole;
      const Json::json_pointer place(field);
      Json& parent = sent["request"]["object"].at(place.parent_pointer());
      if (!parent.is_object()) continue;
      parent.erase(place.back());
      const Door door = kDoors[dropped++ % 4];
      CAPTURE(field);
      CHECK(complaints(sent, door, post(served, door, sent)) == "");
    }
  }
  CHECK(dropped > 1000);
}

TEST_CASE("threat m: rule 50: what was bad already is told, what is made bad or worse is denied") {
  struct Pair {
    std::vector<std::string> before;
    std::vector<std::string> after;
    Ids denied;
    std::size_t warned = 0;
  };
  const Pair pairs[] = {{{"one"}, {"one"}, {}, 1},
                        {{}, {"one"}, {"shared-claim"}, 0},
                        {{"one"}, {"one", "two"}, {"shared-claim"}, 1},
                        {{"one", "two"}, {"two"}, {}, 1},
                        {{"one"}, {"other"}, {"shared-claim"}, 0},
                        {{"one"}, {}, {}, 0}};
  for (const Pair& pair : pairs) {
    Json sent = stateful_set_review("UPDATE");
    share(sent["request"]["oldObject"], pair.before);
    share(sent["request"]["object"], pair.after);
    CAPTURE(sent["request"]["object"]["spec"].dump());
    for (const Door door : {Door::validate, Door::guard}) {
      const Answer given = answered(sent, door);
      CHECK(given.denied_by == pair.denied);
      const auto& warnings = given.response.warnings;
      CHECK(static_cast<std::size_t>(
                std::count_if(warnings.begin(), warnings.end(), [](const std::string& text) {
                  return text.starts_with("[shared-claim]");
                })) == pair.warned);
    }
  }
}

TEST_CASE("threat n: what is being deleted can go on its way, and its deletion is still judged") {
  Json going = sharing("UPDATE");
  for (const char* member : {"object", "oldObject"})
    going["request"][member]["metadata"]["deletionTimestamp"] = "2026-11-21T00:00:00Z";
  for (const Door door : kDoors) CHECK(answered(going, door).response.allowed);
  CHECK(answered(going, Door::mutate).response.patch.empty());
  // kubectl delete pod --force, of a member that is going already.
  for (const RecordedReview& recorded : recorded_reviews()) {
    if (!recorded.file.starts_with("013")) continue;
    Json forced = Json::parse(recorded.body);
    forced["request"]["oldObject"]["metadata"]["deletionTimestamp"] = "2026-11-21T00:00:00Z";
    CHECK(answered(forced, Door::guard).denied_by == Ids{"forced-pod-deletion"});
  }
}

TEST_CASE("threat o: an object without a name is judged like any other") {
  Json nameless = sharing();
  nameless["request"]["name"] = "";
  nameless["request"]["object"]["metadata"] = {{"generateName", "db-"}, {"namespace", "prod"}};
  CHECK(answered(nameless).denied_by == answered(sharing()).denied_by);
  nameless["request"].erase("name");
  nameless["request"]["object"]["metadata"] = {{"name", ""}, {"namespace", ""}};
  CHECK(answered(nameless).denied_by == answered(sharing()).denied_by);
}

TEST_CASE("threat p: nobody gets rid of a policy by writing an owner into his object") {
  const auto denied = [](const std::string& user, const Json& owner) {
    Json sent = sharing();
    sent["request"]["userInfo"]["username"] = user;
    sent["request"]["object"]["metadata"]["ownerReferences"] = Json::array({owner});
    return answered(sent).denied_by;
  };
  for (const char* kind : {"Cluster", "StatefulSet", "Postgresql"}) {
    const Json owner = {{"apiVersion", "db.example.com/v1"},
                        {"kind", kind},
                        {"name", "mine"},
                        {"uid", "1"},
                        {"controller", true}};
    CAPTURE(kind);
    CHECK(denied("eve", owner) == Ids{"shared-claim"});
    CHECK(denied("system:serviceaccounts:ops", owner) == Ids{"shared-claim"});
    // An operator, which is told, and not stopped.
    CHECK(denied("system:serviceaccount:ops:operator", owner).empty());
  }
  CHECK(denied("system:serviceaccount:ops:operator",
               {{"kind", "Cluster"}, {"controller", false}}) == Ids{"shared-claim"});
}

TEST_CASE("threat q: who looks like the system is judged like anybody, groups or no groups") {
  const std::string accounts = "system:serviceaccount:kube-system:";
  Json sent = sharing();
  Json& user = sent["request"]["userInfo"];
  user["username"] = accounts + "statefulset-controller";
  REQUIRE(answered(sent).denied_by.empty());
  user["groups"] = {"system:masters", "system:nodes", "system:serviceaccounts:kube-system"};
  for (const std::string& name :
       {std::string("eve"), std::string("admin"), std::string("system:masters"),
        std::string("system:authenticated"), accounts + "statefulset-controller ",
        " " + accounts + "statefulset-controller", accounts + "Statefulset-controller",
        accounts + "statefulset-controller\n",
        accounts + std::string("statefulset-controller\0", 23),
        accounts + "statefulset\xE2\x80\x90"
                   "controller",                               // a hyphen that is none
        accounts + "st\xD0\xB0tefulset-controller",            // a Cyrillic a
        "\xEF\xBB\xBF" + accounts + "statefulset-controller",  // a byte order mark
        std::string("s\xD1\x83stem:kube-controller-manager"),  // a Cyrillic y
        std::string("system:node\xEF\xBC\x9An1"),              // a wide colon
        std::string("SYSTEM:NODE:n1")}) {
    CAPTURE(name);
    user["username"] = name;
    CHECK(answered(sent).denied_by == Ids{"shared-claim"});
    CHECK(answered(sent, Door::guard).denied_by == Ids{"shared-claim"});
  }
}

TEST_CASE("threat s: no patch gives a Pod more than it asked for") {
  const Routes served = routes();
  RandomReviews random(19);
  std::size_t compared = 0;
  for (int i = 0; i < 5'000; ++i) {
    const Json sent = random.next();
    const Json answer = Json::parse(post(served, Door::mutate, sent).body);
    if (!answer["response"].contains("patch")) continue;
    const Json& object = sent["request"]["object"];
    CAPTURE(object.dump());
    CHECK(privileges(patched(sent, answer)) == privileges(object));
    ++compared;
  }
  CHECK(compared > 50);
}

TEST_CASE("every threat of SECURITY.md names its tests, and they are there") {
  std::istringstream lines(text_of("SECURITY.md"));
  std::map<char, std::size_t> tests;
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 5 || !line.starts_with("| ") || line.substr(3, 2) != " |") continue;
    const char letter = line[2];
    const std::string named = line.substr(line.rfind('|', line.size() - 2));
    for (std::size_t at = named.find('`'); at != std::string::npos; at = named.find('`', at + 1)) {
      const std::size_t end = named.find('`', at + 1);
      const std::string file = "test/" + named.substr(at + 1, end - at - 1);
      CAPTURE(file);
      CHECK_MESSAGE(text_of(file).find(fmt::format("threat {}: ", letter)) != std::string::npos,
                    letter);
      ++tests[letter];
      at = end;
    }
  }
  for (char letter = 'a'; letter <= 'z'; ++letter) CHECK_MESSAGE(tests[letter] > 0, letter);
}
