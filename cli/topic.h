// What there is to tell of a policy or an injection, from its own constant and its examples; in the
// order in which it is told.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/policy.h"
#include "policies/catalogue.h"

namespace stateward {

struct Topic {
  struct Section {
    std::string_view title;
    std::string text;
    bool one_a_line = false;
  };
  struct Sample {
    std::string_view title;
    std::string_view text;  // YAML
  };

  std::string_view id;
  std::string_view summary;
  std::vector<std::pair<std::string_view, std::string>> facts;  // "severity", "high"
  std::vector<Section> sections;                                // none of them is empty
  std::vector<Sample> samples;
};

Topic topic_of(const policies::PolicyEntry& entry);
Topic topic_of(const policies::InjectionEntry& entry);

}  // namespace stateward
