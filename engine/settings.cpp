#include "engine/settings.h"

#include <algorithm>

#include "engine/selector.h"

namespace stateward {
namespace {

bool any_matches(const std::vector<std::string_view>& patterns, std::string_view text) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(),
                     [&](std::string_view pattern) { return matches_pattern(pattern, text); });
}

template <typename T>
void take(std::optional<T>& value, const std::optional<T>& later) {
  if (later) value = later;
}

void take(PolicyChoice& choice, const PolicyChoice& later) {
  take(choice.action, later.action);
  take(choice.guarded, later.guarded);
  take(choice.severity, later.severity);
  if (later.parameters.exists()) choice.parameters = later.parameters;
  choice.place = later.place;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  // Where the last star stood, and what of the text it has taken so far.
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  std::size_t at = 0;
  for (std::size_t seen = 0; seen < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken = seen;
    } else if (at < pattern.size() && pattern[at] == text[seen]) {
      ++at;
      ++seen;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      seen = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool ObjectPattern::matches(const Object& object) const {
  return any_matches(namespaces, object.name_space) && any_matches(kinds, object.kind_name) &&
         any_matches(names, object.name) &&
         (!selector.exists() || selector_matches(selector, object.metadata()["labels"]));
}

PolicyChoice Settings::choice(const Policy& policy, const Object& object) const {
  PolicyChoice choice;
  for (const SettingsRule& rule : content_.rules) {
    for (const auto& [decided, later] : rule.policies) {
      if (decided == &policy && rule.where.matches(object)) take(choice, later);
    }
  }
  return choice;
}

bool Settings::injects(std::string_view group, const Object& object) const {
  bool wanted = true;
  for (const SettingsRule& rule : content_.rules) {
    for (const auto& [decided, on] : rule.injections) {
      if (decided == group && rule.where.matches(object)) wanted = on;
    }
  }
  return wanted;
}

std::optional<Exemption> Settings::exemption(const Policy& policy, const Object& object,
                                             Date today) const {
  for (const StatedExemption& stated : content_.exemptions) {
    const bool holds = !stated.reason.empty() && !stated.unreadable_end &&
                       (!stated.until || *stated.until >= today);
    if (!holds || !stated.where.matches(object)) continue;
    if (std::find(stated.policies.begin(), stated.policies.end(), &policy) == stated.policies.end())
      continue;
    return Exemption{.reason = std::string(stated.reason),
                     .until = stated.until,
                     .owner = std::string(stated.owner),
                     .in_settings = true};
  }
  return std::nullopt;
}

}  // namespace stateward
