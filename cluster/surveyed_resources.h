// What a survey reads: the kinds that policies look at in a live cluster, and of each the fields
// that they look at.
#pragma once

#include <span>
#include <string_view>

#include "cluster/api_kind.h"
#include "cluster/projection.h"

namespace stateward {

struct SurveyedResource : ApiKind {
  std::span<const std::string_view> fields;
};

// In the order in which they are listed.
std::span<const SurveyedResource> surveyed_resources();

// What is kept of an object of that kind.
Projection projection_of(const SurveyedResource& surveyed);

}  // namespace stateward
