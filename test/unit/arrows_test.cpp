// The plan of the house, held against the code: which folder may include which, and which file may
// know a third party.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kSource = STATEWARD_SOURCE;

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"engine", {"engine"}},
    {"policies", {"policies", "engine"}},
    {"certs", {"certs", "engine"}},
    {"webhook", {"webhook", "engine", "certs"}},
    {"cluster", {"cluster", "engine", "certs"}},
    {"cli", {"cli", "engine", "policies", "certs", "webhook", "cluster"}},
};

// Third parties stay behind one or two files each.
const std::map<std::string, std::set<std::string>> kOnlyIn = {
    {"yaml.h", {"engine/yaml_reader.cpp"}},
    {"simdjson.h", {"engine/json_reader.cpp"}},
    {"httplib.h", {"webhook/router.cpp", "cluster/http_connection.cpp"}},
    {"CLI/CLI.hpp", {"cli/options.cpp"}},
    {"valijson/validator.hpp", {"cli/schema_check.cpp"}},
    {"spdlog/async_logger.h", {"webhook/log.cpp"}},
    {"prometheus/metric_family.h", {"webhook/metrics.cpp"}},
    {"prometheus/text_serializer.h", {"webhook/metrics.cpp"}},
};

struct Include {
  std::string file;  // relative to the source tree
  std::string name;
  bool own = false;  // in quotes
};

std::vector<Include> includes() {
  std::vector<Include> all;
  for (const auto& [folder, allowed] : kMayInclude) {
    if (!fs::exists(kSource / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kSource / folder)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("#include ")) continue;
        const char close = line[9] == '"' ? '"' : '>';
        const std::string name = line.substr(10, line.find(close, 10) - 10);
        all.push_back({fs::relative(entry.path(), kSource).generic_string(), name, close == '"'});
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("folders include only the folders that the plan allows") {
  std::size_t seen = 0;
  for (const Include& include : includes()) {
    if (!include.own) continue;
    CAPTURE(include.file);
    CAPTURE(include.name);
    const std::string from = include.file.substr(0, include.file.find('/'));
    const std::string to = include.name.substr(0, include.name.find('/'));
    CHECK(kMayInclude.at(from).contains(to));
    ++seen;
  }
  CHECK(seen > 50);
}

TEST_CASE("certs uses nothing of the engine but its result type") {
  for (const Include& include : includes()) {
    if (!include.file.starts_with("certs/") || !include.name.starts_with("engine/")) continue;
    CAPTURE(include.file);
    CHECK(include.name == "engine/result.h");
  }
}

TEST_CASE("each third party is known to the files that wrap it and to no other") {
  for (const Include& include : includes()) {
    const auto found = kOnlyIn.find(include.name);
    if (found == kOnlyIn.end()) continue;
    CAPTURE(include.name);
    CAPTURE(include.file);
    CHECK(found->second.contains(include.file));
  }
}

TEST_CASE("threat h: rule 45: nobody uses std::regex, which overflows the stack on long input") {
  for (const Include& include : includes()) {
    CAPTURE(include.file);
    CHECK(include.name != "regex");
  }
}

TEST_CASE("the engine does no input or output") {
  const std::set<std::string> forbidden = {"fstream", "iostream", "filesystem", "thread", "mutex",
                                           "chrono",  "ctime",    "unistd.h",   "cstdio"};
  for (const Include& include : includes()) {
    if (!include.file.starts_with("engine/") && !include.file.starts_with("policies/")) continue;
    CAPTURE(include.file);
    CAPTURE(include.name);
    CHECK_FALSE(forbidden.contains(include.name));
  }
}
