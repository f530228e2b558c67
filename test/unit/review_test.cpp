// The codec: what is taken for a review, what is refused and how, and what an answer looks like.

#include "webhook/review.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "engine/base64.h"
#include "test/unit/api_server.h"

namespace {

using namespace stateward;
using Json = nlohmann::json;

Refusal refusal_of(const std::string& body) {
  const auto review = decode_review(body);
  REQUIRE_FALSE(review.has_value());
  return review.error();
}

std::string with(std::string text, const std::string& part, const std::string& other) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), other);
}

}  // namespace

TEST_CASE("a recorded review is read with everything that it says") {
  std::size_t seen = 0;
  for (const RecordedReview& recorded : recorded_reviews()) {
    CAPTURE(recorded.file);
    const auto review = decode_review(recorded.body);
    REQUIRE(review.has_value());
    const Json request = Json::parse(recorded.body)["request"];
    CHECK(review->api_version == "admission.k8s.io/v1");
    CHECK(review->uid == request["uid"].get<std::string>());
    CHECK(review->kind.name == request["kind"]["kind"].get<std::string>());
    CHECK(review->resource.name == request["resource"]["resource"].get<std::string>());
    CHECK(review->subresource == request.value("subResource", ""));
    CHECK(review->name == request.value("name", ""));
    CHECK(review->name_space == "default");
    CHECK(review->user == request["userInfo"]["username"].get<std::string>());
    CHECK(review->dry_run == request["dryRun"].get<bool>());
    CHECK(review->object.exists() == !request["object"].is_null());
    CHECK(review->old_object.exists() == !request["oldObject"].is_null());
    CHECK(Json::parse(to_json(review->options)) == request["options"]);
    ++seen;
  }
  CHECK(seen == 61);
}

TEST_CASE("a review may be moved and still be read") {
  auto review = decode_review(stateful_set_review().dump()).value();
  const Review moved = std::move(review);
  CHECK(moved.uid == "u-1");
  CHECK(moved.object["metadata"]["name"].text() == "db");
}

TEST_CASE("absent members are empty, absent, or false") {
  Json sent = stateful_set_review();
  for (const char* member :
       {"name", "namespace", "userInfo", "oldObject", "dryRun", "options", "resource"}) {
    sent["request"].erase(member);
  }
  const auto review = decode_review(sent.dump());
  REQUIRE(review.has_value());
  CHECK(review->name.empty());
  CHECK(review->name_space.empty());
  CHECK(review->user.empty());
  CHECK_FALSE(review->dry_run);
  CHECK_FALSE(review->old_object.exists());
}

TEST_CASE("a body that no review can answer is refused without a uid") {
  const std::string good = stateful_set_review().dump();
  struct Case {
    std::string name;
    std::string body;
  };
  const Case cases[] = {
      {"nothing", ""},
      {"no JSON", "{"},
      {"a list", "[" + good + "]"},
      {"another kind", with(good, "AdmissionReview", "TokenReview")},
      {"another version", with(good, "admission.k8s.io/v1", "admission.k8s.io/v2")},
      {"no request", R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"})"},
      {"a request that is text",
       R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":"x"})"},
      {"an empty uid", with(good, "\"u-1\"", "\"\"")},
      {"a uid that is a number", with(good, "\"u-1\"", "1")},
      {"a byte order mark", "\xEF\xBB\xBF" + good},
      {"YAML", "apiVersion: admission.k8s.io/v1\n"},
  };
  for (const Case& refused : cases) {
    CAPTURE(refused.name);
    const Refusal refusal = refusal_of(refused.body);
    CHECK_FALSE(refusal.answerable());
    CHECK_FALSE(refusal.reason.empty());
  }
}

TEST_CASE("a review that cannot be judged is refused with its uid and version") {
  const std::string good = stateful_set_review().dump();
  struct Case {
    std::string name;
    std::string body;
    std::string says;
  };
  Json without_object = stateful_set_review("UPDATE");
  without_object["request"]["object"] = nullptr;
  Json odd_object = stateful_set_review();
  odd_object["request"]["object"] = "text";
  Json odd_old = stateful_set_review();
  odd_old["request"]["oldObject"] = Json::array();
  Json odd_options = stateful_set_review();
  odd_options["request"]["options"] = 1;
  Json odd_dry_run = stateful_set_review();
  odd_dry_run["request"]["dryRun"] = "yes";
  Json no_kind = stateful_set_review();
  no_kind["request"].erase("kind");
  const Case cases[] = {
      {"an unknown operation", with(good, "CREATE", "PATCH"), "request.operation"},
      {"no operation", with(good, "\"operation\"", "\"operations\""), "request.operation"},
      {"UPDATE without an object", without_object.dump(), "request.object is missing"},
      {"an object that is text", odd_object.dump(), "request.object is no object"},
      {"an old object that is a list", odd_old.dump(), "request.oldObject"},
      {"options that are a number", odd_options.dump(), "request.options"},
      {"dryRun that is text", odd_dry_run.dump(), "request.dryRun"},
      {"no kind", no_kind.dump(), "request.kind"},
  };
  for (const Case& refused : cases) {
    CAPTURE(refused.name);
    const Refusal refusal = refusal_of(refused.body);
    CHECK(refusal.uid == "u-1");
    CHECK(refusal.api_version == "admission.k8s.io/v1");
    CHECK(refusal.reason.find(refused.says) != std::string::npos);
  }
}

TEST_CASE("threat b: a member that stands twice is refused at every level") {
  const std::string good = stateful_set_review("UPDATE").dump();
  const std::string members[] = {"\"apiVersion\":\"admission",
                                 "\"uid\":",
                                 "\"username\":",
                                 "\"metadata\":",
                                 "\"replicas\":",
                                 "\"app\":",
                                 "\"containerPort\":",
                                 "\"image\":"};
  for (const std::string& member : members) {
    CAPTURE(member);
    const std::string name = member.substr(0, member.find(':'));
    const Refusal refusal = refusal_of(with(good, member, name + ":0," + member));
    CHECK(refusal.reason.find("stands already") != std::string::npos);
    CHECK(refusal.uid == "u-1");
  }
}

TEST_CASE("threat c: nothing but white space may stand behind the review") {
  const std::string good = stateful_set_review().dump();
  CHECK(decode_review(good + "\n").has_value());
  using namespace std::string_literals;
  for (const std::string& suffix : {"{}"s,           "x"s,        ","s,    "]"s,    "}"s,
                                    "\0"s,           "\0junk"s,   "null"s, "\"\""s, "//"s,
                                    "\xEF\xBB\xBF"s, "\x1A"s,     "0"s,    "[]"s,   ":"s,
                                    "\n{}"s,         "\xC2\xA0"s, "#"s,    "\x0B"s, "true"s}) {
    CAPTURE(suffix);
    CHECK_FALSE(refusal_of(good + suffix).answerable());
  }
}

TEST_CASE("threat d: numbers that no integer holds are refused, or read as what they are") {
  const std::string good = stateful_set_review().dump();
  const auto replicas = [&](const std::string& literal) {
    return decode_review(with(good, "\"replicas\":3", "\"replicas\":" + literal));
  };
  for (const char* literal :
       {"1e400", "-1e400", "01", "+1", ".5", "1.", "0x10", "NaN", "Infinity", "1_000", "--1"}) {
    CAPTURE(std::string(literal));
    CHECK_FALSE(replicas(literal).has_value());
  }
  for (const char* literal : {"1.0", "1e3", "18446744073709551615", "9223372036854775808"}) {
    CAPTURE(std::string(literal));
    const auto review = replicas(literal);
    REQUIRE(review.has_value());
    CHECK_FALSE(review->object["spec"]["replicas"].is_integer());
  }
  CHECK(replicas("9223372036854775807")->object["spec"]["replicas"].integer() == INT64_MAX);
}

TEST_CASE("threat e: depth is refused however deep it goes") {
  const std::string good = stateful_set_review().dump();
  for (const std::size_t depth : {300U, 10'000U, 100'000U, 4'000'000U}) {
    CAPTURE(depth);
    const std::string deep = std::string(depth, '[') + std::string(depth, ']');
    CHECK_FALSE(refusal_of(with(good, "\"replicas\":3", "\"replicas\":" + deep)).answerable());
    CHECK_FALSE(refusal_of(std::string(depth, '[')).answerable());
  }
}

TEST_CASE("threat g: text that is not UTF-8 is refused") {
  const std::string good = stateful_set_review().dump();
  for (const char* bytes :
       {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    CHECK_FALSE(refusal_of(with(good, "alice", bytes)).answerable());
  }
  for (const char* escape : {"\\ud800", "\\udc00x", "\\ud800\\ud800"}) {
    CHECK_FALSE(refusal_of(with(good, "alice", escape)).answerable());
  }
}

TEST_CASE("an answer that allows says so and nothing else") {
  CHECK(
      encode_review("admission.k8s.io/v1beta1", "u\"1", {}) ==
      R"({"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","response":{"uid":"u\"1","allowed":true}})");
}

TEST_CASE("an answer carries its status, patch, warnings and audit notes") {
  const AdmissionResponse response{.allowed = false,
                                   .code = 403,
                                   .reason = "Forbidden",
                                   .message = "no",
                                   .patch = {{.path = "/spec/a~1b", .value = "1"}},
                                   .warnings = {"one", "two"},
                                   .audit = {{"shared-claim", "deny: /spec"}}};
  const Json answer =
      Json::parse(encode_review("admission.k8s.io/v1", "u-1", response))["response"];
  CHECK(answer["allowed"] == false);
  CHECK(answer["status"] == Json({{"code", 403}, {"reason", "Forbidden"}, {"message", "no"}}));
  CHECK(answer["patchType"] == "JSONPatch");
  CHECK(patch_of({{"response", answer}}) ==
        Json::parse(R"([{"op":"add","path":"/spec/a~1b","value":1}])"));
  CHECK(answer["warnings"] == Json({"one", "two"}));
  CHECK(answer["auditAnnotations"] == Json({{"shared-claim", "deny: /spec"}}));
}

TEST_CASE("base64 is RFC 4648's") {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"},
                                                                   {"\xFF\xFE\xFD", "//79"},
                                                                   {"\xFB\xEF", "++8="}};
  for (const auto& [bytes, text] : vectors) CHECK(base64(bytes) == text);
}
