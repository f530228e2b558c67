#include "test/unit/random_reviews.h"

#include <array>
#include <limits>
#include <string>

#include "test/unit/api_server.h"

namespace stateward {

using Json = nlohmann::json;

RandomReviews::RandomReviews(unsigned seed) : random_(seed) {
  for (const RecordedReview& review : recorded_reviews())
    recorded_.push_back(Json::parse(review.body));
  recorded_.push_back(stateful_set_review());
  recorded_.push_back(stateful_set_review("UPDATE"));
}

Json RandomReviews::next() {
  Json review = recorded_[below(recorded_.size())];
  change_envelope(review);
  for (const char* member : {"object", "oldObject"}) {
    Json& object = review["request"][member];
    if (!object.is_object()) continue;
    if (one_in(2)) change_metadata(object);
    for (std::size_t changes = below(6); changes > 0; --changes) change_anything(object);
    if (one_in(20)) object.erase(one_in(2) ? "spec" : "metadata");
  }
  return review;
}

void RandomReviews::change_envelope(Json& review) {
  if (one_in(3)) review["apiVersion"] = "admission.k8s.io/v1beta1";
  Json& request = review["request"];
  if (one_in(2)) request["uid"] = "u" + text();
  if (one_in(3)) request["dryRun"] = one_in(2);
  if (one_in(8)) request.erase("dryRun");
  if (one_in(8)) request["oldObject"] = nullptr;
  if (one_in(8)) request["name"] = "";
  if (one_in(8))
    request["subResource"] = std::array{"scale", "status", "eviction", "resize", ""}[below(5)];
  const std::array users = {"alice", "system:serviceaccount:ops:operator", "system:node:n1",
                            "system:serviceaccount:kube-system:horizontal-pod-autoscaler"};
  if (one_in(2)) request["userInfo"]["username"] = users[below(users.size())];
  if (one_in(10)) request["userInfo"]["username"] = text();
  if (one_in(10))
    request["options"] = {{"gracePeriodSeconds", junk()}, {"propagationPolicy", junk()}};
}

void RandomReviews::change_metadata(Json& object) {
  Json& metadata = object["metadata"];
  if (!metadata.is_object()) metadata = Json::object();
  const std::array annotations = {"stateward.dev/injected", "stateward.dev/inject",
                                  "stateward.dev/inject-liveness",
                                  "stateward.dev/exempt.shared-claim", "a/b~c"};
  const std::array values = {"service-name,readiness-probe:web", "none", "true", "probes",
                             "reason; until 2027-01-31"};
  if (one_in(2))
    metadata["annotations"][annotations[below(annotations.size())]] = values[below(values.size())];
  if (one_in(4)) metadata["annotations"] = nullptr;
  if (one_in(6)) metadata.erase("annotations");
  if (one_in(6)) metadata["labels"] = {{text(), text()}};
  if (one_in(10)) metadata["deletionTimestamp"] = "2026-11-21T00:00:00Z";
  if (one_in(10))
    metadata["ownerReferences"] = {{{"kind", "Cluster"}, {"name", text()}, {"controller", true}}};
  if (one_in(10)) metadata["name"] = text();
  if (one_in(10)) metadata.erase("name");
}

Json& RandomReviews::any_value(Json& root) {
  Json* at = &root;
  while (at->is_structured() && !at->empty() && !one_in(5)) {
    auto child = at->begin();
    std::advance(child, static_cast<std::ptrdiff_t>(below(at->size())));
    at = &*child;
  }
  return *at;
}

// Half of the changes keep types, for others only show that we refuse.
void RandomReviews::change_anything(Json& object) {
  Json& value = any_value(object["spec"]);
  if (value.is_array() && !value.empty() && one_in(2)) {
    value.push_back(value[below(value.size())]);
  } else if (value.is_structured() && !value.empty()) {
    auto child = value.begin();
    std::advance(child, static_cast<std::ptrdiff_t>(below(value.size())));
    value.erase(child);
  } else if (value.is_string() && !one_in(4)) {
    value = text();
  } else if (value.is_number() && !one_in(4)) {
    value = static_cast<int>(below(5)) - 1;
  } else if (one_in(3)) {
    value = junk();
  }
}

std::string RandomReviews::text() {
  const std::array<std::string, 10> texts = {"",
                                             "db",
                                             "a/b~c",
                                             "line\nbreak\ttab",
                                             "\x7F\x01",
                                             "\xC2\x85\xE2\x80\xA8",
                                             "\"quoted\\",
                                             "\xF0\x9F\x92\xBE",
                                             std::string(300, 'x'),
                                             "default/{{}}%s%n"};
  return texts[below(texts.size())];
}

Json RandomReviews::junk() {
  const std::array<Json, 10> values = {
      nullptr,       true,          0, -1, 1.5, 1e300, "", std::numeric_limits<std::int64_t>::max(),
      Json::array(), Json::object()};
  return values[below(values.size())];
}

}  // namespace stateward
