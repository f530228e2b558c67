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

struct Word {
  std::string_view text;
  bool is_value = false;
};

// Words end at blanks outside of quotes.
std::vector<Word> words_of(std::string_view message) {
  std::vector<Word> words;
  while (!message.empty()) {
    std::size_t end = std::min(message.find(' '), message.size());
    if (const std::size_t quote = message.find('"'); quote < end) {
      const std::size_t closing = std::min(message.find('"', quote + 1), message.size());
      end = std::min(message.find(' ', closing), message.size());
    }
    const std::string_view word = message.substr(0, end);
    words.push_back({word, !std::all_of(word.begin(), word.end(), is_plain)});
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return words;
}

}  // namespace

std::string shape_of(std::string_view message) {
  std::string shape;
  for (const Word& word : words_of(message)) {
    shape += word.is_value ? "?" : word.text;
    shape += ' ';
  }
  return shape;
}

std::string differing_values(std::string_view message, std::string_view first) {
  const std::vector<Word> words = words_of(message);
  const std::vector<Word> others = words_of(first);
  std::string values;
  for (std::size_t index = 0; index < std::min(words.size(), others.size()); ++index) {
    std::string_view value = words[index].text;
    if (value == others[index].text) continue;
    while (!value.empty() && std::string_view(",:;").find(value.back()) != std::string_view::npos)
      value.remove_suffix(1);
    if (!values.empty()) values += ", ";
    values += value;
    const bool number =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number && index + 1 < words.size()) values += " " + std::string(words[index + 1].text);
  }
  return values;
}

std::vector<FindingGroup> groups_of(const JudgedSet& set) {
  using Key =
      std::tuple<const Policy*, EnforcementAction, bool, std::string, std::string, std::string>;
  std::map<Key, std::size_t> known;
  std::vector<FindingGroup> groups;
  for (const PlacedFinding& placed : set.findings) {
    const Finding& finding = placed.finding;
    const Key key(finding.policy, action_of(finding, set.enforcement), finding.existed,
                  finding.exemption ? exempt_text(*finding.exemption) : "",
                  shape_of(finding.message), shape_of(finding.remedy));
    const auto [at, is_new] = known.emplace(key, groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(&placed);
  }
  return groups;
}

}  // namespace stateward
