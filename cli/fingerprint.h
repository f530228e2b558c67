// What makes a finding the same one in the next run, for tools that compare runs: the policy, the
// file, the object and the named path, and which of several alike it is. Neither lines nor values
// count, so a finding keeps its fingerprint when its file is edited around it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/report.h"

namespace stateward {

// FNV-1a over `text`, 64 bits.
std::uint64_t fnv1a(std::string_view text);

// "0123456789abcdef:1" for each of `set.findings`, in their order. Their own: the first part is
// alike for those that stand at one path, the number behind it tells them apart.
std::vector<std::string> fingerprints(const JudgedSet& set);

// The same for the set's diagnostics, by file and message.
std::vector<std::string> diagnostic_fingerprints(const JudgedSet& set);

}  // namespace stateward
