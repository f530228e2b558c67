// The codec of admission: the bytes of an AdmissionReview (admission.k8s.io/v1, v1beta1) as a
// Review, and the answer as bytes. It judges nothing. What it cannot take for a review it refuses,
// and says whether the sender can be answered by a review at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "engine/document.h"
#include "engine/patch.h"
#include "engine/request.h"

namespace stateward {

// metav1 GroupVersionKind and GroupVersionResource; `name` is the kind or the resource.
struct GroupVersionName {
  std::string_view group;
  std::string_view version;
  std::string_view name;
};

// AdmissionReview.request as it was sent. Text is empty and nodes are absent where the request has
// none; all of it lives as long as the review, which may be moved.
struct Review {
  Document document;
  std::string_view api_version;  // "admission.k8s.io/v1", the one to answer in
  std::string_view uid;
  GroupVersionName kind;
  GroupVersionName resource;
  std::string_view subresource;
  std::string_view name;        // empty on CREATE with generateName
  std::string_view name_space;  // empty for cluster-scoped objects
  Operation operation = Operation::create;
  std::string_view user;
  bool dry_run = false;
  Node object;      // absent on DELETE
  Node old_object;  // UPDATE and DELETE
  Node options;     // CreateOptions, UpdateOptions, DeleteOptions
};

// What is not judged, and why.
struct Refusal {
  std::string reason;       // one clause
  std::string api_version;  // both empty: no review can answer it, only HTTP 400
  std::string uid;
  bool answerable() const { return !uid.empty(); }
};

// Refuses what is not JSON, duplicate members at any depth, a foreign apiVersion or kind, no uid,
// an unknown operation, no kind, an object that is neither map nor null, and CREATE or UPDATE
// without one. Elsewhere absent and null are the same. Thread safe.
tl::expected<Review, Refusal> decode_review(std::string_view body);

// AdmissionResponse: what is decided about one review.
struct AdmissionResponse {
  bool allowed = true;
  int code = 200;       // of a denial: 400, 403, 413 or 422
  std::string reason;   // of a denial: metav1.StatusReason
  std::string message;  // of a denial
  Patch patch;          // empty: nothing to do, and nothing about patches is said
  std::vector<std::string> warnings;
  std::vector<std::pair<std::string, std::string>> audit;
};

// The AdmissionReview that answers the one with this apiVersion and uid.
std::string encode_review(std::string_view api_version, std::string_view uid,
                          const AdmissionResponse& response);

}  // namespace stateward
