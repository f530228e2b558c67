#include "cli/finding_groups.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace stateward {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view(".,:;()'-").find(c) != std::string_view::npos;
}

}  // namespace

std::string shape_of(std::string_view message) {
  std::string shape;
  while (!message.empty()) {
    std::size_t end = std::min(message.find(' '), message.size());
    bool plain =
        std::all_of(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(end), is_plain);
    if (const std::size_t quote = message.find('"'); quote < end) {
      const std::size_t closing = std::min(message.find('"', quote + 1), message.size());
      end = std::min(message.find(' ', closing), message.size());
      plain = false;
    }
    shape += plain ? message.substr(0, end) : "?";
    shape += ' ';
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return shape;
}

std::vector<FindingGroup> groups_of(const JudgedSet& set) {
  using Key =
      std::tuple<const Policy*, EnforcementAction, bool, std::string, std::string, std::string>;
  std::map<Key, std::size_t> known;
  std::vector<FindingGroup> groups;
  for (const PlacedFinding& placed : set.findings) {
    const Finding& finding = placed.finding;
    const Key key(finding.policy, action_of(finding, set.enforcement), finding.existed,
                  finding.exemption ? "exempt: " + finding.exemption->reason : "",
                  shape_of(finding.message), shape_of(finding.remedy));
    const auto [at, is_new] = known.emplace(key, groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(&placed);
  }
  return groups;
}

}  // namespace stateward
