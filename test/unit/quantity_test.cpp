#include "engine/quantity.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

struct Case {
  const char* text;
  double value;
  const char* suffix;
};

// What resource.ParseQuantity reads, and as what.
constexpr Case kRead[] = {
    {"0", 0, ""},
    {"1", 1, ""},
    {"007", 7, ""},
    {"+5", 5, ""},
    {"-5", -5, ""},
    {"1.5", 1.5, ""},
    {".5", 0.5, ""},
    {"5.", 5, ""},
    {"5.Gi", 5368709120.0, "Gi"},
    {"-.5Ki", -512, "Ki"},
    {"1Ki", 1024, "Ki"},
    {"1Mi", 1048576, "Mi"},
    {"10Gi", 10737418240.0, "Gi"},
    {"1Ti", 1099511627776.0, "Ti"},
    {"1Pi", 1125899906842624.0, "Pi"},
    {"1Ei", 1152921504606846976.0, "Ei"},
    {"1k", 1e3, "k"},
    {"10M", 1e7, "M"},
    {"1G", 1e9, "G"},
    {"1T", 1e12, "T"},
    {"1P", 1e15, "P"},
    {"1E", 1e18, "E"},
    {"100m", 0.1, "m"},
    {"1u", 1e-6, "u"},
    {"1n", 1e-9, "n"},
    {"1e3", 1e3, "e3"},
    {"1E3", 1e3, "E3"},
    {"1e+3", 1e3, "e+3"},
    {"2.5e-1", 0.25, "e-1"},
    {"1e03", 1e3, "e03"},
    {"0e999", 0, "e999"},
};

// Its refusals, and texts without a digit, of which it reads some as nothing and we none.
constexpr const char* kRefused[] = {
    "",     " ",    "x",    "1K",    "1ki",   "1KI",   "1mi",   "1kB",   "10GB",
    "1Zi",  "1i",   "1e",   "1ee3",  "1e3.0", "1e+-3", "1e++3", "1e--3", "1e+",
    "1Gi ", " 1Gi", "1 Gi", "1.2.3", "1,5",   "--1",   "+-1",   "1Gi1",  "1m3",
    "0x10", "inf",  "nan",  "1e3Gi", "Ki",    ".",     "-",     "e3",    "10Gi\n",
};

}  // namespace

TEST_CASE("a quantity is read as the API server reads it") {
  for (const Case& expected : kRead) {
    CAPTURE(expected.text);
    const auto quantity = parse_quantity(expected.text);
    REQUIRE(quantity);
    CHECK(quantity->value == doctest::Approx(expected.value).epsilon(1e-12));
    CHECK(quantity->suffix == expected.suffix);
  }
}

TEST_CASE("what is no quantity is not read") {
  for (const char* text : kRefused) {
    CAPTURE(text);
    CHECK_FALSE(parse_quantity(text));
  }
}

TEST_CASE("equal amounts are equal numbers, however they are written") {
  const auto value = [](const char* text) { return parse_quantity(text)->value; };
  CHECK(value("1Gi") == value("1024Mi"));
  CHECK(value("1G") == value("1000M"));
  CHECK(value("1Gi") > value("1G"));
  CHECK(value("0.5Gi") == value("512Mi"));
  CHECK(value("0e999") == value("0"));
}

TEST_CASE("a field holds a quantity as text or as a bare number") {
  const Fixture fixture = Fixture::from_yaml(
      "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {text: 10Gi, quoted: \"2\", whole: "
      "3, real: 1.5, exponent: 1e3, flag: true, list: [1], nothing: null, wrong: 10GB}}");
  const Node spec = fixture.object(Kind::pod, "p").spec();
  const auto value = [&](const char* field) {
    const auto read = quantity(spec[field]);
    REQUIRE(read);
    return read->value;
  };
  CHECK(value("text") == 10737418240.0);
  CHECK(value("quoted") == 2);
  CHECK(value("whole") == 3);
  CHECK(value("real") == 1.5);
  CHECK(value("exponent") == 1000);
  for (const char* field : {"flag", "list", "nothing", "wrong", "absent"}) {
    CAPTURE(field);
    CHECK_FALSE(quantity(spec[field]));
  }
}
