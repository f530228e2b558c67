#include "test/unit/api_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace stateward {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The name part of a qualified name: at most 63, alphanumeric at both ends.
bool is_audit_key(const std::string& key) {
  const auto inner = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  return !key.empty() && key.size() <= 63 && is_alphanumeric(key.front()) &&
         is_alphanumeric(key.back()) && std::all_of(key.begin(), key.end(), inner);
}

std::size_t runes(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// unicode.IsControl: C0, DEL and C1.
bool has_control(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0)
      return true;
  }
  return false;
}

std::string from_base64(const std::string& text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) throw std::runtime_error("base64 of a wrong length");
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    unsigned group = 0;
    std::size_t padding = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const char c = text[i + j];
      const bool last = i + 4 == text.size();
      const std::size_t digit = c == '=' && last && j >= 2 ? 0 : kAlphabet.find(c);
      if (c == '=') ++padding;
      if (digit == std::string_view::npos || (padding > 0 && c != '='))
        throw std::runtime_error("malformed base64");
      group = group << 6U | static_cast<unsigned>(digit);
    }
    for (std::size_t j = 0; j < 3 - padding; ++j)
      bytes += static_cast<char>(group >> (16U - 8U * j) & 0xFFU);
  }
  return bytes;
}

class Verifier {
 public:
  Verifier(const Json& sent, Door door, std::vector<std::string>& out)
      : sent_(sent), door_(door), out_(out) {}

  void check(const Json& answer) {
    if (!answer.is_object()) return complain("not an object");
    require(answer.at("apiVersion") == sent_.at("apiVersion"), "another apiVersion");
    require(answer.value("kind", "") == "AdmissionReview", "another kind");
    if (!answer.contains("response") || !answer["response"].is_object())
      return complain("no response");
    const Json& response = answer["response"];
    require(response.at("uid") == sent_.at("request").at("uid"), "another uid");
    if (!response.contains("allowed") || !response["allowed"].is_boolean())
      return complain("no allowed");
    if (response["allowed"] == false) check_status(response);
    check_patch(answer);
    check_warnings(response);
    check_audit(response);
  }

 private:
  void complain(std::string what) { out_.push_back(std::move(what)); }
  void require(bool holds, const char* otherwise) {
    if (!holds) complain(otherwise);
  }

  void check_status(const Json& response) {
    if (!response.contains("status")) return complain("denied without a status");
    const Json& status = response["status"];
    const int code = status.value("code", 0);
    require(code == 400 || code == 403 || code == 413 || code == 422, "denied with an odd code");
    require(!status.value("reason", "").empty(), "denied without a reason");
    const std::string message = status.value("message", "");
    require(!message.empty() && message.size() <= 1024,
            "denied without a message, or with a long one");
    require(!has_control(message), "a control character in the message");
  }

  void check_patch(const Json& answer) {
    const Json& response = answer["response"];
    require(response.contains("patch") == response.contains("patchType"),
            "patch and patchType do not come together");
    if (!response.contains("patch")) return;
    require(door_ == Door::mutate, "a patch from a validating webhook");
    require(response["patchType"] == "JSONPatch", "an unknown patchType");
    require(sent_["request"]["operation"] != "DELETE", "a patch on DELETE");
    try {
      require(!patch_of(answer).empty(), "a patch without operations");
      require(patched(sent_, answer).is_object(), "the patch leaves no object");
    } catch (const std::exception& error) {
      complain(fmt::format("the patch does not apply: {}", error.what()));
    }
  }

  void check_warnings(const Json& response) {
    if (!response.contains("warnings")) return;
    std::size_t all = 0;
    for (const Json& warning : response["warnings"]) {
      const auto text = warning.get<std::string>();
      all += runes(text);
      require(text.size() <= 120, "a long warning");
      require(!has_control(text), "a control character in a warning");
    }
    require(response["warnings"].size() <= 10 && all <= 2048, "too many warnings");
  }

  void check_audit(const Json& response) {
    if (!response.contains("auditAnnotations")) return;
    for (const auto& [key, value] : response["auditAnnotations"].items()) {
      require(is_audit_key(key), "a malformed audit key");
      require(value.is_string(), "an audit value that is no text");
    }
  }

  const Json& sent_;
  Door door_;
  std::vector<std::string>& out_;
};

}  // namespace

std::vector<RecordedReview> recorded_reviews() {
  std::vector<RecordedReview> reviews;
  for (const auto& entry :
       fs::directory_iterator(fs::path(STATEWARD_SOURCE) / "test" / "reviews")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    reviews.push_back(
        {entry.path().filename().string(), std::string(std::istreambuf_iterator<char>(file), {})});
  }
  std::sort(reviews.begin(), reviews.end(),
            [](const RecordedReview& left, const RecordedReview& right) {
              return left.file < right.file;
            });
  return reviews;
}

nlohmann::json stateful_set_review(std::string_view operation) {
  Json review = Json::parse(R"({
    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
    "request": {
      "uid": "u-1",
      "kind": {"group": "apps", "version": "v1", "kind": "StatefulSet"},
      "resource": {"group": "apps", "version": "v1", "resource": "statefulsets"},
      "name": "db", "namespace": "prod", "userInfo": {"username": "alice"},
      "object": {
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "prod"},
        "spec": {
          "replicas": 3, "serviceName": "", "selector": {"matchLabels": {"app": "db"}},
          "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [
            {"name": "db", "image": "registry.example.com/db:1.0.0", "ports": [{"name": "client", "containerPort": 5000}]}
          ]}}
        }
      },
      "oldObject": null, "dryRun": false, "options": {}
    }})");
  Json& request = review["request"];
  request["operation"] = operation;
  if (operation == "UPDATE") request["oldObject"] = request["object"];
  if (operation == "DELETE") request["oldObject"] = std::exchange(request["object"], nullptr);
  return review;
}

std::string complaints(const nlohmann::json& sent, Door door, const WireReply& reply) {
  std::vector<std::string> all;
  if (reply.status != 200) all.push_back(fmt::format("status {}", reply.status));
  if (reply.content_type != "application/json") all.push_back("content type " + reply.content_type);
  const Json answer = Json::parse(reply.body, nullptr, false);
  if (answer.is_discarded()) {
    all.push_back("no JSON: " + reply.body);
  } else {
    Verifier(sent, door, all).check(answer);
  }
  return fmt::format("{}", fmt::join(all, "; "));
}

nlohmann::json patch_of(const nlohmann::json& answer) {
  const Json& response = answer.at("response");
  if (!response.contains("patch")) return Json::array();
  return Json::parse(from_base64(response["patch"].get<std::string>()));
}

nlohmann::json patched(const nlohmann::json& sent, const nlohmann::json& answer) {
  return sent.at("request").at("object").patch(patch_of(answer));
}

}  // namespace stateward
