#include "engine/selector.h"

#include <algorithm>
#include <string_view>

namespace stateward {
namespace {

bool expression_matches(Node expression, Node labels) {
  const std::string_view operation = expression["operator"].text();
  const Node label = labels[expression["key"].text()];
  const Node::Items values = expression["values"].items();
  const auto listed = [&] {
    return std::any_of(values.begin(), values.end(),
                       [&](Node value) { return value.text() == label.text(); });
  };
  if (operation == "In") return label.exists() && listed();
  if (operation == "NotIn") return !label.exists() || !listed();
  if (operation == "Exists") return label.exists();
  if (operation == "DoesNotExist") return !label.exists();
  return false;
}

}  // namespace

bool selector_matches(Node selector, Node labels) {
  if (!selector.exists()) return false;
  for (const auto& [key, value] : selector["matchLabels"].members()) {
    const Node label = labels[key];
    if (!label.exists() || label.text() != value.text()) return false;
  }
  for (const Node expression : selector["matchExpressions"].items()) {
    if (!expression_matches(expression, labels)) return false;
  }
  return true;
}

}  // namespace stateward
