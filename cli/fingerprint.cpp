#include "cli/fingerprint.h"

#include <fmt/format.h>

#include <unordered_map>

#include "cli/finding_groups.h"
#include "engine/location.h"

namespace stateward {
namespace {

constexpr std::uint64_t kBasis = 14695981039346656037U;
constexpr std::uint64_t kPrime = 1099511628211U;

// Numbers those that are alike, in the order in which they come.
class Counter {
 public:
  std::string number(std::string_view text) {
    const std::uint64_t hash = fnv1a(text);
    return fmt::format("{:016x}:{}", hash, ++seen_[hash]);
  }

 private:
  std::unordered_map<std::uint64_t, std::size_t> seen_;
};

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += part;
    text += '\n';
  }
  return text;
}

}  // namespace

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = kBasis;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return hash;
}

std::vector<std::string> fingerprints(const JudgedSet& set) {
  std::vector<std::string> all;
  Counter counter;
  for (const PlacedFinding& placed : set.findings) {
    const Finding& finding = placed.finding;
    const Object& object = *finding.object;
    all.push_back(counter.number(
        joined({finding.policy->id, file_of(set, object), object.group(), object.kind_name,
                object.name_space, object.name, named_path(object.node, finding.path)})));
  }
  return all;
}

std::vector<std::string> diagnostic_fingerprints(const JudgedSet& set) {
  std::vector<std::string> all;
  if (set.manifests == nullptr) return all;
  Counter counter;
  for (const Diagnostic& diagnostic : set.manifests->diagnostics)
    all.push_back(counter.number(joined({diagnostic.file, shape_of(diagnostic.message)})));
  return all;
}

}  // namespace stateward
