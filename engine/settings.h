// What the users decided: which policy does what where, what is injected, and which findings are
// excepted. A value that does not change once it is made; read from a stateward.yaml elsewhere. The
// defaults are those of the policies.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/decide.h"
#include "engine/document.h"
#include "engine/policy.h"

namespace stateward {

// Which objects are meant: those that match all that is given; a list that is empty, and a selector
// that is absent, match every one. In names and namespaces "*" stands for any text.
struct ObjectPattern {
  std::vector<std::string_view> namespaces;
  std::vector<std::string_view> kinds;  // as written: "StatefulSet"
  std::vector<std::string_view> names;
  Node selector;  // a LabelSelector of metadata.labels

  bool matches(const Object& object) const;
};

// Whether `text` is `pattern`, in which "*" stands for any text, also none.
bool matches_pattern(std::string_view pattern, std::string_view text);

// What is decided about one policy; what is not given stays as it was.
struct PolicyChoice {
  std::optional<EnforcementAction> action;
  std::optional<EnforcementAction> guarded;
  std::optional<Severity> severity;
  Node parameters;  // a map, checked against the policy's own
  Position place;   // in the file
};

// Choices for the objects of a pattern. Later rules win over earlier ones, field by field.
struct SettingsRule {
  ObjectPattern where;
  std::vector<std::pair<const Policy*, PolicyChoice>> policies;
  std::vector<std::pair<std::string_view, bool>> injections;  // by group: on or off
};

struct StatedExemption {
  std::vector<const Policy*> policies;
  ObjectPattern where;
  std::string_view reason;  // empty, it excepts nothing
  std::string_view owner;
  std::optional<Date> until;  // the last day on which it holds
  bool unreadable_end = false;
};

class Settings {
 public:
  struct Content {
    std::string name;                               // of the file, for people
    Document document;                              // what all texts and nodes point into
    Enforcement enforcement = Enforcement::policy;  // `observe`: nothing is denied anywhere
    std::vector<SettingsRule> rules;
    std::vector<StatedExemption> exemptions;
  };

  explicit Settings(Content content) : content_(std::move(content)) {}

  const Content& content() const { return content_; }
  // What holds for `policy` at `object`, all rules taken together.
  PolicyChoice choice(const Policy& policy, const Object& object) const;
  // Whether things of this group (Injection::group) are put into, or made for, `object`.
  bool injects(std::string_view group, const Object& object) const;
  // The exemption that covers a finding of `policy` at `object` today.
  std::optional<Exemption> exemption(const Policy& policy, const Object& object, Date today) const;

 private:
  Content content_;
};

}  // namespace stateward
