#include "engine/names.h"

#include <doctest/doctest.h>

#include <string>

using namespace stateward;

namespace {

std::string repeated(std::size_t length) { return std::string(length, 'a'); }

// `count` labels of 63 characters.
std::string labels(std::size_t count) {
  std::string text = repeated(63);
  for (std::size_t i = 1; i < count; ++i) text += "." + repeated(63);
  return text;
}

}  // namespace

TEST_CASE("a DNS label is lower case letters, digits and inner dashes, at most 63") {
  for (const std::string& name : {std::string("a"), std::string("0"), std::string("web-0"),
                                  std::string("a--b"), std::string("1web"), repeated(63)}) {
    CAPTURE(name);
    CHECK(is_dns_label(name));
  }
  for (const std::string& name :
       {std::string(), std::string("-a"), std::string("a-"), std::string("-"), std::string("A"),
        std::string("a.b"), std::string("a_b"), std::string("a b"), std::string("\xC3\xA9"),
        std::string("a\0b", 3), std::string("a\n"), repeated(64)}) {
    CAPTURE(name);
    CHECK_FALSE(is_dns_label(name));
  }
}

TEST_CASE("a DNS subdomain is labels joined by dots, at most 253 in all") {
  for (const std::string& name : {std::string("a"), std::string("a.b"), std::string("a-b.c-d.0"),
                                  labels(3) + "." + repeated(61),
                                  // The API server limits the whole and not each label.
                                  repeated(253)}) {
    CAPTURE(name);
    CHECK(is_dns_subdomain(name));
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a."), std::string(".a"), std::string("a..b"),
        std::string("a.-b"), std::string("a-.b"), std::string("a.B"), repeated(254),
        labels(3) + "." + repeated(62)}) {
    CAPTURE(name);
    CHECK_FALSE(is_dns_subdomain(name));
  }
}

TEST_CASE("a port name is an IANA service name") {
  for (const char* name : {"http", "a", "a1", "1a", "8080-http", "abcdefghijklmno", "0-0-a"}) {
    CAPTURE(name);
    CHECK(is_port_name(name));
  }
  for (const char* name : {"", "8080", "0-0", "http--alt", "-http", "http-", "Http", "http_alt",
                           "http.alt", "abcdefghijklmnop"}) {
    CAPTURE(name);
    CHECK_FALSE(is_port_name(name));
  }
}

TEST_CASE("a label value is empty, or at most 63 letters, digits, dashes, dots and underscores") {
  for (const std::string& value :
       {std::string(), std::string("0"), std::string("Web-1_a.b"), repeated(63)}) {
    CAPTURE(value);
    CHECK(is_label_value(value));
  }
  for (const std::string& value :
       {std::string("-a"), std::string("a-"), std::string("a."), std::string("_a"),
        std::string("a b"), std::string("a/b"), std::string("\xC3\xA9"), repeated(64)}) {
    CAPTURE(value);
    CHECK_FALSE(is_label_value(value));
  }
}
