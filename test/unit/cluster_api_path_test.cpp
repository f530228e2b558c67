// No part of a path gets out of its place, whoever named it.

#include <doctest/doctest.h>

#include <array>
#include <random>

#include "cluster/api_path.h"

using namespace stateward;

namespace {

constexpr Resource kSets{"apps", "v1", "statefulsets"};

std::string path(const Resource& resource, std::string_view name_space = {},
                 std::string_view name = {}, std::string_view subresource = {}) {
  return api_path(resource, name_space, name, subresource).value();
}

struct Parts {
  std::string group = "apps";
  std::string version = "v1";
  std::string plural = "statefulsets";
  std::string name_space = "prod";
  std::string name = "db";
  std::string subresource = "scale";

  std::array<std::string*, 6> all() {
    return {&group, &version, &plural, &name_space, &name, &subresource};
  }
  Result<std::string> path() const {
    return api_path({group, version, plural}, name_space, name, subresource);
  }
};

}  // namespace

TEST_CASE("a path is the group, the version, the namespace, the resource and the name") {
  CHECK(path(kSets) == "/apis/apps/v1/statefulsets");
  CHECK(path(kSets, "prod") == "/apis/apps/v1/namespaces/prod/statefulsets");
  CHECK(path(kSets, "prod", "db") == "/apis/apps/v1/namespaces/prod/statefulsets/db");
  CHECK(path(kSets, "prod", "db", "scale") ==
        "/apis/apps/v1/namespaces/prod/statefulsets/db/scale");
  CHECK(path({"", "v1", "nodes"}, {}, "worker-1.example.com") ==
        "/api/v1/nodes/worker-1.example.com");
  CHECK(path({"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"}, {}, "x") ==
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/x");
}

TEST_CASE("threat x: a segment that could break out of its place is refused wherever it stands") {
  using namespace std::string_literals;
  const std::array hostile = {".."s,
                              "."s,
                              "/"s,
                              "a/b"s,
                              "../x"s,
                              "?"s,
                              "a?b"s,
                              "#"s,
                              "a#b"s,
                              "%"s,
                              "%2e%2e"s,
                              "a%2fb"s,
                              "A"s,
                              "aB"s,
                              "a\0b"s,
                              "\0"s,
                              "a b"s,
                              " "s,
                              "a\n"s,
                              "a\r\nb"s,
                              "\t"s,
                              "a\\b"s,
                              "a;b"s,
                              "a&b"s,
                              "a=b"s,
                              "-a"s,
                              "a-"s,
                              ".a"s,
                              "a."s,
                              "a..b"s,
                              "\xc3\xa4"s,
                              "\x7f"s,
                              "\xff"s,
                              "a:b"s,
                              "a@b"s,
                              "a*"s,
                              std::string(254, 'a')};
  for (std::size_t place = 0; place < 6; ++place) {
    CAPTURE(place);
    for (const std::string& text : hostile) {
      CAPTURE(text);
      Parts parts;
      *parts.all()[place] = text;
      // Resources and subresources are written in the code and are not measured.
      if (text.size() == 254 && (place == 2 || place == 5)) continue;
      CHECK_FALSE(parts.path().has_value());
    }
  }
  // A namespace is one label; a name may be several, and neither is longer than the API takes.
  CHECK_FALSE(api_path(kSets, "a.b").has_value());
  CHECK_FALSE(api_path(kSets, std::string(64, 'a')).has_value());
  CHECK(api_path(kSets, std::string(63, 'a'), "a.b").has_value());
  CHECK_FALSE(api_path({"apps", "1v", "statefulsets"}).has_value());
  CHECK_FALSE(api_path({"apps", "", "statefulsets"}).has_value());
  CHECK_FALSE(api_path({"apps", "v1", ""}).has_value());
  // A subresource is one of an object.
  CHECK_FALSE(api_path(kSets, "prod", {}, "scale").has_value());
}

TEST_CASE("threat x: whatever the parts are, a path holds as many slashes as it has segments") {
  std::minstd_rand random(7);
  const std::string alphabet("ab1-./?#%AZ \0\n\\~\xc3", 18);
  std::uniform_int_distribution<std::size_t> letter(0, alphabet.size() - 1);
  std::uniform_int_distribution<std::size_t> length(0, 6);
  int accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    Parts parts;
    std::string& part = *parts.all()[static_cast<std::size_t>(i) % 6];
    part.clear();
    for (std::size_t size = length(random); size > 0; --size) part += alphabet[letter(random)];
    const auto made = parts.path();
    if (!made) continue;
    ++accepted;
    std::size_t segments = 0;
    for (std::string* one : parts.all()) segments += one->empty() ? 0U : 1U;
    // "/api" or "/apis", and "/namespaces".
    segments += 1 + (parts.name_space.empty() ? 0U : 1U);
    CHECK(static_cast<std::size_t>(std::count(made->begin(), made->end(), '/')) == segments);
    CHECK(made->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-./") == std::string::npos);
    CHECK(made->find("..") == std::string::npos);
  }
  CHECK(accepted > 1000);
}

TEST_CASE("what is refused is shown cut short and without control characters") {
  CHECK(api_path(kSets, "a/b").error().message == "\"a/b\" is no namespace");
  CHECK(api_path(kSets, "a", "..").error().message == "\"..\" is no object name");
  const std::string message =
      api_path(kSets, "a", std::string("x\x1b[31m\n") + std::string(500, 'y')).error().message;
  CHECK(message.size() < 120);
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
}

TEST_CASE("a query's value keeps unreserved characters and encodes all else") {
  CHECK(query_value("aZ09-._~") == "aZ09-._~");
  CHECK(query_value("a=b&c d/%?#+") == "a%3Db%26c%20d%2F%25%3F%23%2B");
  CHECK(query_value(std::string_view("\0\xff\n", 3)) == "%00%FF%0A");
  CHECK(query_value("") == "");
}
