// The API server's side of admission, written anew from what it does (k8s.io/apiserver:
// admissionreview.go, dispatcher.go, statuserror.go, attributes.go, warning.go), with another JSON
// library: what it would complain of in an answer.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "webhook/routes.h"

namespace stateward {

struct RecordedReview {
  std::string file;
  std::string body;
};
// test/reviews, in order.
std::vector<RecordedReview> recorded_reviews();

// A review of one StatefulSet that lacks nothing, to be changed by tests.
nlohmann::json stateful_set_review(std::string_view operation = "CREATE");

struct WireReply {
  int status = 0;
  std::string content_type;
  std::string body;
};

// What is wrong with the reply to the review `sent`, sent to the door; empty where the API server
// is content.
std::string complaints(const nlohmann::json& sent, Door door, const WireReply& reply);

// The object as it would be stored. Throws where the patch does not apply.
nlohmann::json patched(const nlohmann::json& sent, const nlohmann::json& answer);
nlohmann::json patch_of(
    const nlohmann::json& answer);  // the decoded operations, an empty list where there are none

}  // namespace stateward
