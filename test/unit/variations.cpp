#include "test/unit/variations.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <vector>

#include "engine/json_writer.h"
#include "engine/yaml_reader.h"

namespace stateward {
namespace {

using Json = nlohmann::ordered_json;
using Random = std::mt19937;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

// Words as names have them; of what Kubernetes and stateward themselves know nothing is changed.
bool may_be_renamed(std::string_view word) {
  static const std::set<std::string_view> known = {
      "default", "headless", "stateward", "kube",  "system",  "cluster", "local",  "template",
      "node",    "buffer",   "cache",     "queue", "scratch", "spool",   "staging"};
  constexpr std::size_t kShortest = 4;
  return word.size() >= kShortest && !known.contains(word) &&
         std::all_of(word.begin(), word.end(), is_lower);
}

template <typename Word, typename Other>
void split(std::string_view text, const Word& word, const Other& other) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end > at) {
      word(text.substr(at, end - at));
      at = end;
    } else {
      other(text[at++]);
    }
  }
}

struct Words {
  std::set<std::string> of_names;
  std::set<std::string> members;  // paths hold these, too
};

void collect(const Json& value, Words& words) {
  if (value.is_array()) {
    for (const Json& item : value) collect(item, words);
  }
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.items()) {
    words.members.insert(key);
    if (key == "metadata" && member.is_object() && member.contains("name") &&
        member["name"].is_string()) {
      split(
          member["name"].get_ref<const std::string&>(),
          [&](std::string_view word) {
            if (may_be_renamed(word)) words.of_names.emplace(word);
          },
          [](char) {});
    }
    collect(member, words);
  }
}

// What is no name, though it may hold the word.
bool is_no_name(std::string_view key) {
  static const std::set<std::string_view> keys = {
      "apiVersion", "kind",        "image",    "mountPath",  "subPath",  "path",
      "command",    "args",        "apiGroup", "username",   "resource", "group",
      "operation",  "subResource", "value",    "provisioner"};
  return keys.contains(key);
}

void rename(Json& value, const Varied& varied) {
  if (value.is_string()) value = varied.renamed(value.get_ref<const std::string&>());
  if (value.is_array()) {
    for (Json& item : value) rename(item, varied);
  }
  if (!value.is_object()) return;
  for (auto& [key, member] : value.items()) {
    if (!is_no_name(key)) rename(member, varied);
  }
}

void shuffle_members(Json& value, Random& random) {
  if (value.is_array()) {
    for (Json& item : value) shuffle_members(item, random);
  }
  if (!value.is_object()) return;
  std::vector<std::pair<std::string, Json>> members;
  for (auto& [key, member] : value.items()) {
    shuffle_members(member, random);
    members.emplace_back(key, std::move(member));
  }
  std::shuffle(members.begin(), members.end(), random);
  value = Json::object();
  for (auto& [key, member] : members) value[key] = std::move(member);
}

const char* const kContainer = R"({
  "name": "aside",
  "image": "registry.example.com/aside:1.2@sha256:0000000000000000000000000000000000000000000000000000000000000000",
  "readinessProbe": {"exec": {"command": ["/bin/aside", "ready"]}},
  "livenessProbe": {"exec": {"command": ["/bin/aside", "alive"]}, "periodSeconds": 60, "failureThreshold": 30},
  "startupProbe": {"exec": {"command": ["/bin/aside", "alive"]}, "periodSeconds": 60, "failureThreshold": 30}
})";

// To what workloads make; what a Pod that stands alone is for, all its containers say.
void add_container(Json& value, bool in_template = false) {
  if (value.is_array()) {
    for (Json& item : value) add_container(item, in_template);
  }
  if (!value.is_object()) return;
  for (auto& [key, member] : value.items()) {
    if (in_template && key == "containers" && !member.empty()) {
      member.insert(member.begin(), Json::parse(kContainer));
    } else {
      add_container(member, in_template || key == "template");
    }
  }
}

const char* const kStrangers[] = {
    R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "elsewhere"}})",
    R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "y", "namespace": "elsewhere"},
        "spec": {"selector": {"app": "y"}, "ports": [{"port": 80}]}})",
    R"({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "z"}})"};

bool is_plain(std::string_view text) {
  static const std::set<std::string_view> words = {"on",    "off",  "yes", "no",   "y",  "n",
                                                   "false", "true", "nan", "null", "inf"};
  const auto simple = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '/';
  };
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return !text.empty() && is_letter(lower.front()) &&
         std::all_of(text.begin(), text.end(), simple) && !words.contains(lower);
}

class Writer {
 public:
  Writer(std::size_t indent, Random& random) : indent_(indent), random_(random) {}

  std::string block(const Json& value, std::size_t depth = 0) {
    if (!value.is_structured() || value.empty() || (depth > 2 && one_in(12)))
      return " " + inline_text(value) + "\n";
    std::string text = "\n";
    const std::string margin(depth, ' ');
    if (value.is_array()) {
      for (const Json& item : value) {
        // The item's first line stands behind the dash.
        std::string lines = block(item, depth + 2);
        if (item.is_structured() && lines.starts_with('\n'))
          lines = " " + lines.substr(1 + depth + 2);
        text += margin + "-" + lines;
      }
      return text;
    }
    for (const auto& [key, member] : value.items()) {
      text += margin + scalar(key) + ":" + block(member, depth + indent_);
    }
    return text;
  }

  std::string inline_text(const Json& value) {
    if (value.is_string()) return scalar(value.get_ref<const std::string&>());
    return value.dump(-1, ' ', true);
  }

 private:
  bool one_in(unsigned many) { return random_() % many == 0; }

  std::string scalar(const std::string& text) {
    if (is_plain(text) && !one_in(4)) return text;
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (!printable || text.find('\'') != std::string::npos || one_in(2))
      return Json(text).dump(-1, ' ', true);
    return "'" + text + "'";
  }

  std::size_t indent_;
  Random& random_;
};

std::string written(const Json& document, Variation::Style style, Random& random) {
  switch (style) {
    case Variation::Style::block:
      return Writer(2, random).block(document);
    case Variation::Style::wide_block:
      return "\n# a comment\n" + Writer(5, random).block(document);
    case Variation::Style::flow:
      return "\n" + document.dump(-1, ' ', true) + "\n";
    case Variation::Style::json:
      return "\n" + document.dump(3, ' ', true) + "\n";
  }
  return {};
}

std::vector<Json> read(std::string_view text) {
  std::vector<Json> documents;
  for (const YamlChunk& chunk : split_yaml(text)) {
    const ReadDocument read = read_yaml(chunk);
    if (read.document) documents.push_back(Json::parse(to_json(read.document->node())));
  }
  return documents;
}

}  // namespace

std::string Varied::renamed(std::string_view text) const {
  std::string result;
  split(
      text,
      [&](std::string_view word) {
        const bool known = words_.find(" " + std::string(word) + " ") != std::string::npos;
        for (const char c : word) result += !known ? c : c == 'z' ? 'z' : static_cast<char>(c + 1);
      },
      [&](char other) { result += other; });
  return result;
}

Varied::Varied(std::string_view text, const Variation& variation, std::uint32_t seed)
    : names_(variation.names) {
  Random random(seed);
  std::vector<Json> documents = read(text);
  REQUIRE(!documents.empty());
  const bool review = documents.front().value("kind", "") == "AdmissionReview";
  words_ = " ";
  if (variation.names) {
    Words words;
    for (const Json& document : documents) collect(document, words);
    for (const std::string& word : words.of_names) {
      if (!words.members.contains(word)) words_ += word + " ";
    }
  }
  for (Json& document : documents) {
    if (variation.names) rename(document, *this);
    if (variation.containers) add_container(document);
  }
  if (variation.strangers) {
    for (const char* stranger : kStrangers) documents.push_back(Json::parse(stranger));
  }
  if (variation.order) {
    for (Json& document : documents) shuffle_members(document, random);
    std::shuffle(documents.begin() + (review ? 1 : 0), documents.end(), random);
  }
  if (variation.list && !review)
    documents = {{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(documents)}}};
  // What stands in comments and counts.
  const std::size_t comment = text.find("# kubernetes-version: ");
  if (comment != std::string_view::npos)
    text_ = std::string(text.substr(comment, text.find('\n', comment) - comment)) + "\n";
  for (const Json& document : documents)
    text_ += "---" + written(document, variation.style, random);
}

}  // namespace stateward
