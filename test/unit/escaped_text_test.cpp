#include <doctest/doctest.h>

#include <string>

#include "cli/markdown_text.h"
#include "cli/xml_text.h"

using namespace stateward;

TEST_CASE("text in XML is text, and characters that XML cannot hold are replaced") {
  CHECK(xml_text("größe 😀") == "größe 😀");
  CHECK(xml_text("<a b=\"c\">&amp;") == "&lt;a b=&quot;c&quot;&gt;&amp;amp;");
  CHECK(xml_text("]]>") == "]]&gt;");
  CHECK(xml_text("a\tb\nc\rd") == "a&#9;b&#10;c&#13;d");
  CHECK(xml_text(std::string("a\0b\x1b\x7F", 5)) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\x7F");
  CHECK(xml_text("a\xFF\xED\xA0\x80") == "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(xml_text("\xEF\xBF\xBE") == "\xEF\xBF\xBD");
}

TEST_CASE("text in Markdown is no markup, mentions nobody and refers to nothing") {
  CHECK(markdown_text("no serviceName: none of its 2 replicas") ==
        "no serviceName: none of its 2 replicas");
  CHECK(markdown_text("*a* _b_ `c` [d](e) <f> g|h ~~i~~ \\j &amp;") ==
        "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\<f\\> g\\|h \\~\\~<!-- -->i\\~\\~ \\\\j "
        "\\&<!-- -->amp;");
  CHECK(markdown_text("ask @admin, see #12 and !3, 100% of it") ==
        "ask @<!-- -->admin, see #<!-- -->12 and !<!-- -->3, 100% of it");
  CHECK(markdown_text("a\nb\x1b") == "a b ");
}

TEST_CASE("code in Markdown holds any backticks") {
  CHECK(markdown_code("a.yaml:1:2") == "`a.yaml:1:2`");
  CHECK(markdown_code("a`b``c") == "```a`b``c```");
  CHECK(markdown_code("`a`") == "`` `a` ``");
  CHECK(markdown_code("") == "`  `");
  CHECK(markdown_code("a\n# b") == "`a # b`");
  CHECK(markdown_block("a: 1", "yaml") == "```yaml\na: 1\n```\n");
  CHECK(markdown_block("a: |\n  ```\n", "yaml") == "````yaml\na: |\n  ```\n````\n");
}
