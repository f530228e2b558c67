#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"

namespace stateward::policies {
namespace {

constexpr std::size_t kLongest = 52;  // 63 less a dash and ten digits
constexpr std::size_t kLabel = 63;    // beyond it set-name-not-dns-label speaks

// The API server cuts a generateName and adds five letters to it.
constexpr std::size_t kLongestPrefix = 58;
constexpr std::size_t kSuffix = 5;

void check_prefix(std::string_view prefix, Findings& findings) {
  const std::size_t length = std::min(prefix.size(), kLongestPrefix) + kSuffix;
  if (prefix.empty() || length <= kLongest) return;
  findings.add("/metadata/generateName",
               fmt::format("names of {} characters come of it; with more than {} Pods cannot be "
                           "labelled",
                           length, kLongest));
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.name.empty())
    return check_prefix(subject.object.metadata()["generateName"].text(), findings);
  const std::size_t length = subject.object.name.size();
  if (length <= kLongest || length > kLabel) return;
  findings.add("/metadata/name",
               fmt::format("the name has {} characters; with more than {} Pods cannot be labelled",
                           length, kLongest));
}

}  // namespace

extern const Policy set_name_too_long;
constinit const Policy set_name_too_long{
    .id = "set-name-too-long",
    .section = "identity",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "The set's name is too long for the labels of its Pods.",
    .reason =
        "Each Pod carries the label controller-revision-hash with the set's name, a dash and a "
        "hash of up to ten digits; a label value has at most 63 characters. With 53 characters "
        "it depends on the template whether Pods can be made, so a new image may stop a set that "
        "worked; with 54 or more they hardly ever can.",
    .remedy = "choose a name of at most 52 characters, or a generateName of at most 47",
    .sources =
        "Pod label controller-revision-hash\n"
        "kubernetes/kubernetes#64023, #79337",
    .check = check,
};

}  // namespace stateward::policies
