#include "webhook/review.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "engine/base64.h"
#include "engine/decide.h"
#include "engine/json_reader.h"
#include "engine/json_writer.h"

namespace stateward {
namespace {

constexpr std::string_view kKind = "AdmissionReview";
constexpr std::array<std::string_view, 2> kApiVersions = {"admission.k8s.io/v1",
                                                          "admission.k8s.io/v1beta1"};
// Of a refusal, with the sender's own text in it.
constexpr std::size_t kReasonLength = 100;

std::string_view known_api_version(std::string_view text) {
  for (const std::string_view known : kApiVersions) {
    if (text == known) return known;
  }
  return {};
}

std::optional<Operation> operation_of(std::string_view text) {
  if (text == "CREATE") return Operation::create;
  if (text == "UPDATE") return Operation::update;
  if (text == "DELETE") return Operation::remove;
  if (text == "CONNECT") return Operation::connect;
  return std::nullopt;
}

GroupVersionName group_version_name(Node node, std::string_view member) {
  return {.group = node["group"].text(),
          .version = node["version"].text(),
          .name = node[member].text()};
}

Refusal refusal(std::string_view reason) { return {.reason = printable(reason, kReasonLength)}; }

Refusal refusal(const Review& review, std::string_view reason) {
  return {.reason = printable(reason, kReasonLength),
          .api_version = std::string(review.api_version),
          .uid = std::string(review.uid)};
}

// What makes the request unfit to be judged; empty where nothing does.
std::string_view misfit(const Review& review, Node request) {
  const auto neither = [](Node node) { return node.exists() && !node.is_map(); };
  if (review.kind.name.empty()) return "request.kind is missing";
  if (neither(review.object)) return "request.object is no object";
  if (neither(review.old_object)) return "request.oldObject is no object";
  if (neither(review.options)) return "request.options is no object";
  const bool writes =
      review.operation == Operation::create || review.operation == Operation::update;
  if (writes && !review.object.exists()) return "request.object is missing";
  if (request["dryRun"].exists() && request["dryRun"].type() != Type::boolean)
    return "request.dryRun is no boolean";
  return {};
}

}  // namespace

tl::expected<Review, Refusal> decode_review(std::string_view body) {
  ReadDocument read = read_json(body, Places::skip);
  if (!read.document) return tl::unexpected(refusal(read.diagnostics.front().message));
  Review review{.document = std::move(*read.document)};
  const Node root = review.document.node();
  if (root["kind"].text() != kKind) return tl::unexpected(refusal("not an AdmissionReview"));
  review.api_version = known_api_version(root["apiVersion"].text());
  if (review.api_version.empty())
    return tl::unexpected(refusal("apiVersion is neither v1 nor v1beta1"));
  const Node request = root["request"];
  review.uid = request["uid"].text();
  if (review.uid.empty()) return tl::unexpected(refusal("request.uid is missing"));
  // From here on the sender is answered by a review.
  if (!read.diagnostics.empty())
    return tl::unexpected(refusal(review, read.diagnostics.front().message));

  const auto operation = operation_of(request["operation"].text());
  if (!operation) return tl::unexpected(refusal(review, "request.operation is unknown"));
  review.kind = group_version_name(request["kind"], "kind");
  review.resource = group_version_name(request["resource"], "resource");
  review.subresource = request["subResource"].text();
  review.name = request["name"].text();
  review.name_space = request["namespace"].text();
  review.operation = *operation;
  review.user = request["userInfo"]["username"].text();
  review.dry_run = request["dryRun"].boolean();
  review.object = request["object"];
  review.old_object = request["oldObject"];
  review.options = request["options"];
  const std::string_view wrong = misfit(review, request);
  if (!wrong.empty()) return tl::unexpected(refusal(review, wrong));
  return review;
}

std::string encode_review(std::string_view api_version, std::string_view uid,
                          const AdmissionResponse& response) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("apiVersion").string(api_version).key("kind").string(kKind);
  out.key("response")
      .begin_object()
      .key("uid")
      .string(uid)
      .key("allowed")
      .boolean(response.allowed);
  if (!response.allowed) {
    out.key("status").begin_object().key("code").integer(response.code);
    out.key("reason").string(response.reason).key("message").string(response.message).end_object();
  }
  if (!response.patch.empty()) {
    out.key("patchType").string("JSONPatch").key("patch").string(base64(to_json(response.patch)));
  }
  if (!response.warnings.empty()) {
    out.key("warnings").begin_array();
    for (const std::string& warning : response.warnings) out.string(warning);
    out.end_array();
  }
  if (!response.audit.empty()) {
    out.key("auditAnnotations").begin_object();
    for (const auto& [key, value] : response.audit) out.key(key).string(value);
    out.end_object();
  }
  out.end_object().end_object();
  return text;
}

}  // namespace stateward
