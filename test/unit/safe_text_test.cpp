#include "cli/safe_text.h"

#include <doctest/doctest.h>

#include <string>

using namespace stateward;

TEST_CASE("what could move a cursor, colour a terminal or turn a line around becomes a blank") {
  CHECK(safe_text("a\x1b[31mb\x07\r\n\tc\x7f") == "a [31mb    c ");
  CHECK(safe_text("\xC2\x9B"
                  "31m") == " 31m");  // CSI as one code point
  CHECK(safe_text("a\xE2\x80\xAE"
                  "b\xE2\x81\xA6"
                  "c") == "a b c");  // right-to-left override, isolate
  CHECK(safe_text("a\xE2\x80\xA8"
                  "b\xEF\xBB\xBF") == "a b ");  // line separator, BOM
  CHECK(safe_text("größe 数据 \xF0\x9F\x90\x98") == "größe 数据 \xF0\x9F\x90\x98");
}

TEST_CASE("what is no UTF-8 is replaced byte by byte") {
  const std::string kReplaced = "\xEF\xBF\xBD";
  struct Case {
    std::string text;
    std::string safe;
  };
  for (const Case& c : {
           Case{"a\xFF"
                "b",
                "a" + kReplaced + "b"},
           Case{"\xC3", kReplaced},                  // cut short
           Case{"\xC3(", kReplaced + "("},           // no continuation
           Case{"\xC0\xAF", kReplaced + kReplaced},  // overlong
           Case{"\xE0\x80\xAF", kReplaced + kReplaced + kReplaced},
           Case{"\xED\xA0\x80", kReplaced + kReplaced + kReplaced},  // surrogate
           Case{"\xF4\x90\x80\x80", kReplaced + kReplaced + kReplaced + kReplaced},
           Case{"\x80", kReplaced},
       }) {
    CHECK(safe_text(c.text) == c.safe);
    CHECK(count_code_points(c.text) == count_code_points(c.safe));
  }
}

TEST_CASE("a source line is cut by code points and keeps its tabs") {
  CHECK(safe_source("\tgrö\x1bße: x", 0, 100) == "\tgrö ße: x");
  CHECK(safe_source("größe", 2, 2) == "öß");
  CHECK(safe_source("abc", 3, 5).empty());
  CHECK(safe_source("", 0, 5).empty());
}
