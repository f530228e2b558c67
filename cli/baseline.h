// A baseline: findings that were there when a project began to look. They do not fail a run again.
// Known by policy, object and named path, so that neither moved lines nor renamed files make them
// new.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy.h"
#include "engine/result.h"

namespace stateward {

// The JSON Schema of the file (draft 7).
nlohmann::json baseline_schema();

class Baseline {
 public:
  // `name` is what errors call the file; they name the place of each problem, a line each.
  static Result<Baseline> parse(std::string_view text, const std::string& name);
  static Result<Baseline> read(const std::string& file);

  void add(const Finding& finding);
  // JSON, a line for each entry, in the order of their objects.
  std::string text() const;
  std::size_t size() const;  // findings

  // Whether it was there before. An entry stands for as many findings as it counts.
  bool take(const Finding& finding);
  // From now on it is known whether what stands here of that object is still there, or, of one
  // policy, that it is not.
  void judged(const Object& object);
  void skipped(const Object& object, const Policy& policy);
  // What stands here of judged objects and these policies, and was not found again:
  // "shared-claim of StatefulSet web at /spec/...".
  std::vector<std::string> gone(std::span<const Policy* const> policies) const;

 private:
  struct Entry {
    std::string group;  // of the API: "apps"
    std::string kind;
    std::string name_space;
    std::string name;  // empty where only generateName is given
    std::string policy;
    std::string path;  // named: /spec/containers/[name=app]/image
    auto operator<=>(const Entry&) const = default;
    bool about(const Object& object) const;
  };
  struct Count {
    std::size_t known = 0;
    std::size_t found = 0;
    bool judged = false;
  };
  static Entry entry_of(const Object& object, std::string_view policy, std::string path);
  void mark(const Object& object, std::string_view policy, bool judged);

  std::map<Entry, Count> entries_;
};

}  // namespace stateward
