// resource.Quantity: "10Gi", "100m", "1e3".
#pragma once

#include <optional>
#include <string_view>

#include "engine/document.h"

namespace stateward {

struct Quantity {
  double value =
      0;  // in the resource's base unit (bytes for storage); for comparing, not for printing
  std::string_view suffix;  // "Gi", "m", "e3", or empty
};

// nullopt where the API server would not read it (k8s.io/apimachinery/pkg/api/resource: sign,
// digits, optional fraction, then a binary, decimal or exponent suffix).
std::optional<Quantity> parse_quantity(std::string_view text);
// A quantity as a field holds it: text, or a bare number.
std::optional<Quantity> quantity(Node node);

}  // namespace stateward
