// The examples of the catalogue as tests: what a file of a policy's folder says, and judging it as
// it asks to be judged.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/evaluate.h"
#include "engine/injection.h"
#include "engine/yaml_reader.h"

namespace stateward {

// An example's documents and what they are judged as: manifests against each other (a complete
// set), or the review of the first document against the rest as the inventory.
class ExampleFile {
 public:
  explicit ExampleFile(std::string_view text);
  ExampleFile(const ExampleFile&) = delete;
  ExampleFile& operator=(const ExampleFile&) = delete;

  const std::vector<std::string>& problems() const { return problems_; }  // what could not be read
  bool is_review() const { return review_.has_value(); }
  // What it is to run on: its line "# kubernetes-version: 1.35", or the latest.
  KubernetesVersion kubernetes() const { return kubernetes_; }
  // The subjects that this file asks to have judged.
  std::vector<Subject> subjects() const;
  // All findings of `policies` on them. Policies that need a live cluster take manifests for one.
  std::vector<Finding> judge(const std::vector<const Policy*>& policies) const;
  // Lines with "# finding: <id>", as often as the id stands there.
  std::vector<std::uint32_t> marked_lines(std::string_view id) const;
  // The objects that stand in the file, in its order.
  std::vector<const Object*> objects() const;

 private:
  struct ReviewParts {
    Operation operation = Operation::create;
    Request request;
    std::optional<Object> object;
    std::optional<Object> old;
  };
  void read_review(const Document& document);
  void read_kubernetes_version();

  std::string text_;
  std::vector<std::unique_ptr<Document>> documents_;
  std::vector<std::string> problems_;
  std::optional<ReviewParts> review_;
  KubernetesVersion kubernetes_ = kLatestKubernetes;
  ObjectSet set_;
};

}  // namespace stateward
