// Label selectors (meta/v1 LabelSelector).
#pragma once

#include "engine/document.h"

namespace stateward {

// Whether `selector` (matchLabels and matchExpressions) matches `labels`. A null selector matches
// nothing, an empty one everything. An expression with an unknown operator matches nothing.
bool selector_matches(Node selector, Node labels);
// The same of one of its matchExpressions.
bool expression_matches(Node expression, Node labels);

}  // namespace stateward
