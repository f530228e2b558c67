// `stateward explain`: what a policy or injection is about, from the policy itself.
#pragma once

#include <cstdint>
#include <string>

namespace stateward {

// As JSON: {"schema": "stateward.dev/policies/v1", "policies": [...], "injections": [...]}; of one
// that is named, what stands in its list.
struct ExplainOptions {
  enum class Format : std::uint8_t { text, markdown, json };

  std::string id;  // empty: list all
  Format format = Format::text;
  std::string out;  // a folder for pages of all; empty: standard output
};

// 0, or 2 where there is no such policy, or the folder cannot be written.
int run(const ExplainOptions& options);

}  // namespace stateward
