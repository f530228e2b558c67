#include "engine/selector.h"

#include <algorithm>
#include <string_view>

namespace stateward {

bool expression_matches(Node expression, Node labels) {
  const std::string_view operation = expression["operator"].text();
  const Node label = labels[expression["key"].text()];
  // "app:" is an empty label to the API, not an absent one.
  const bool present = label.written();
  const Node::Items values = expression["values"].items();
  const auto listed = [&] {
    return std::any_of(values.begin(), values.end(),
                       [&](Node value) { return value.text() == label.text(); });
  };
  if (operation == "In") return present && listed();
  if (operation == "NotIn") return !present || !listed();
  if (operation == "Exists") return present;
  if (operation == "DoesNotExist") return !present;
  return false;
}

bool selector_matches(Node selector, Node labels) {
  if (!selector.exists()) return false;
  for (const auto& [key, value] : selector["matchLabels"].members()) {
    const Node label = labels[key];
    if (!label.written() || label.text() != value.text()) return false;
  }
  for (const Node expression : selector["matchExpressions"].items()) {
    if (!expression_matches(expression, labels)) return false;
  }
  return true;
}

}  // namespace stateward
