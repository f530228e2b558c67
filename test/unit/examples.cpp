#include "test/unit/examples.h"

#include <algorithm>

#include "engine/diagnostic.h"
#include "engine/shape.h"

namespace stateward {
namespace {

std::optional<Operation> operation_of(std::string_view name) {
  if (name == "CREATE") return Operation::create;
  if (name == "UPDATE") return Operation::update;
  if (name == "DELETE") return Operation::remove;
  return std::nullopt;
}

// An object inside a review: read as if it stood alone.
std::optional<Object> object_in(Node node, const Document& document, std::string_view name_space) {
  if (!node.is_map()) return std::nullopt;
  Object object{.api_version = node["apiVersion"].text(),
                .kind_name = node["kind"].text(),
                .name_space = node["metadata"]["namespace"].text(name_space),
                .name = node["metadata"]["name"].text(),
                .node = node,
                .document = &document};
  object.kind = kind_of(object.api_version, object.kind_name);
  return object;
}

}  // namespace

ExampleFile::ExampleFile(std::string_view text) : text_(text) {
  read_kubernetes_version();
  std::vector<Object> objects;
  for (const YamlChunk& chunk : split_yaml(text_)) {
    ReadDocument read = read_yaml(chunk);
    for (const Diagnostic& diagnostic : read.diagnostics) problems_.push_back(diagnostic.message);
    if (!read.document) continue;
    documents_.push_back(std::make_unique<Document>(std::move(*read.document)));
    if (documents_.size() == 1 && documents_.front()->node()["kind"].text() == "AdmissionReview") {
      read_review(*documents_.front());
      continue;
    }
    for (const Object& object : objects_of(*documents_.back(), "default")) {
      objects.push_back(object);
      for (const Misshape& misshape : misshapes(object))
        problems_.push_back(misshape.path.text() + ": " + misshape.message);
    }
  }
  set_ = ObjectSet(std::move(objects), ObjectSet::Coverage::complete);
  for (const ObjectSet::Duplicate& duplicate : set_.duplicates()) {
    problems_.push_back("twice: " + std::string(duplicate.again->name));
  }
}

void ExampleFile::read_review(const Document& document) {
  const Node request = document.node()["request"];
  const auto operation = operation_of(request["operation"].text());
  if (!operation) problems_.emplace_back("request.operation is missing");
  const Node options = request["options"];
  const std::string_view name_space = request["namespace"].text("default");
  review_ = ReviewParts{.operation = operation.value_or(Operation::create),
                        .request = {.user = request["userInfo"]["username"].text("alice"),
                                    .subresource = request["subResource"].text(),
                                    .grace_period_seconds = options["gracePeriodSeconds"].integer(),
                                    .propagation_policy = options["propagationPolicy"].text()},
                        .object = object_in(request["object"], document, name_space),
                        .old = object_in(request["oldObject"], document, name_space)};
  const bool has_subject = review_->operation == Operation::remove ? review_->old.has_value()
                                                                   : review_->object.has_value();
  if (!has_subject) problems_.emplace_back("the review has no object to judge");
}

void ExampleFile::read_kubernetes_version() {
  constexpr std::string_view kMarker = "# kubernetes-version: ";
  const std::size_t at = text_.find(kMarker);
  if (at == std::string::npos) return;
  const std::size_t from = at + kMarker.size();
  const auto version = parse_kubernetes_version(
      std::string_view(text_).substr(from, text_.find_first_of(" \n", from) - from));
  if (version) kubernetes_ = *version;
  if (!version) problems_.push_back(version.error().message);
}

std::vector<Subject> ExampleFile::subjects() const {
  constexpr Date kToday{2026, 11, 21};
  std::vector<Subject> subjects;
  if (!review_) {
    for (const Object& object : set_.objects())
      subjects.push_back(
          {.object = object, .set = set_, .today = kToday, .kubernetes = kubernetes_});
    return subjects;
  }
  const bool removes = review_->operation == Operation::remove;
  subjects.push_back({.object = removes ? *review_->old : *review_->object,
                      .old = removes || !review_->old ? nullptr : &*review_->old,
                      .set = set_,
                      .operation = review_->operation,
                      .point = EnforcementPoint::admission,
                      .request = &review_->request,
                      .today = kToday,
                      .kubernetes = kubernetes_});
  return subjects;
}

std::vector<Finding> ExampleFile::judge(const std::vector<const Policy*>& policies) const {
  std::vector<Finding> findings;
  std::vector<const Policy*> live;
  std::copy_if(policies.begin(), policies.end(), std::back_inserter(live),
               [](const Policy* policy) { return policy->needs == Needs::live; });
  const auto take = [&](Evaluation result) {
    std::move(result.findings.begin(), result.findings.end(), std::back_inserter(findings));
  };
  for (Subject& subject : subjects()) {
    take(evaluate(policies, subject));
    subject.point = EnforcementPoint::audit;
    if (!review_) take(evaluate(live, subject));
  }
  return findings;
}

std::vector<std::uint32_t> ExampleFile::marked_lines(std::string_view id) const {
  const std::string marker = "# finding: " + std::string(id);
  std::vector<std::uint32_t> lines;
  std::uint32_t line = 1;
  for (std::size_t start = 0; start < text_.size(); ++line) {
    const std::size_t end = std::min(text_.find('\n', start), text_.size());
    const std::string_view row = std::string_view(text_).substr(start, end - start);
    for (std::size_t at = row.find(marker); at != std::string_view::npos;
         at = row.find(marker, at + 1)) {
      const std::size_t after = at + marker.size();
      if (after == row.size() || row[after] == ' ' || row[after] == ',') lines.push_back(line);
    }
    start = end + 1;
  }
  return lines;
}

std::vector<const Object*> ExampleFile::objects() const {
  std::vector<const Object*> objects;
  for (const Object& object : set_.objects()) objects.push_back(&object);
  return objects;
}

}  // namespace stateward
