// Heads of requests: what is taken, where they end, and what is refused because two readers could
// read it in two ways.

#include "webhook/framing.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <variant>

using namespace stateward;

namespace {

constexpr std::string_view kApiServer =
    "POST /validate?timeout=3s HTTP/1.1\r\n"
    "Host: stateward-webhook.stateward-system.svc:443\r\n"
    "User-Agent: kube-apiserver-admission\r\n"
    "Content-Length: 6176\r\n"
    "Accept: application/json, */*\r\n"
    "Content-Type: application/json\r\n"
    "Accept-Encoding: gzip\r\n"
    "\r\n";

RequestHead taken(std::string_view bytes) {
  const auto found = read_head(bytes);
  REQUIRE(std::holds_alternative<RequestHead>(found));
  return std::get<RequestHead>(found);
}

// 0: neither taken nor refused.
int status_of(std::string_view bytes) {
  const auto found = read_head(bytes);
  if (const auto* bad = std::get_if<HeadIsBad>(&found)) {
    CHECK_FALSE(bad->why.empty());
    return bad->status;
  }
  return std::holds_alternative<RequestHead>(found) ? 200 : 0;
}

std::string get(std::string_view lines) {
  return fmt::format("GET /livez HTTP/1.1\r\nHost: a\r\n{}\r\n", lines);
}

}  // namespace

TEST_CASE("what the API server sends is taken apart, and what follows belongs to the body") {
  const std::string bytes = std::string(kApiServer) + "{\"kind\":";
  const RequestHead head = taken(bytes);
  CHECK(head.method == "POST");
  CHECK(head.path == "/validate");
  CHECK(head.query == "timeout=3s");
  CHECK(head.content_type == "application/json");
  CHECK(head.size == kApiServer.size());
  CHECK(head.body_size == 6176);
  CHECK_FALSE(head.closes);
  CHECK_FALSE(head.awaits_continue);
}

TEST_CASE("no beginning of a head is taken or refused") {
  for (std::size_t size = 0; size < kApiServer.size(); ++size)
    CHECK(status_of(kApiServer.substr(0, size)) == 0);
}

TEST_CASE("names of headers have no case, blanks around values are none of them") {
  const std::string bytes =
      get("CONNECTION: keep-alive ,\t Close\r\ncontent-TYPE:\t a/b \r\nExpect:100-Continue\r\n");
  const RequestHead head = taken(bytes);
  CHECK(head.closes);
  CHECK(head.content_type == "a/b");
  CHECK(head.awaits_continue);
  CHECK_FALSE(taken(get("Connection: closed\r\n")).closes);
  CHECK_FALSE(taken(get("X-Connection: close\r\n")).closes);
}

TEST_CASE("what could be read in two ways, or is no HTTP/1.1, is status 400") {
  const std::string heads[] = {
      get("Content-Length: 1\r\nContent-Length: 1\r\n"),
      get("Content-Length: 1\r\ncontent-length: 2\r\n"),
      get("Content-Length: 1, 1\r\n"),
      get("Content-Length: +1\r\n"),
      get("Content-Length: -1\r\n"),
      get("Content-Length: 0x1\r\n"),
      get("Content-Length: 1 1\r\n"),
      get("Content-Length:\r\n"),
      "POST /validate HTTP/1.1\r\nHost: a\r\n\r\n",
      get("Transfer-Encoding: chunked\r\n"),
      get("Transfer-Encoding: identity\r\n"),
      get("Content-Length: 5\r\nTRANSFER-ENCODING: xchunked\r\n"),
      get("Content-Encoding: gzip\r\n"),
      get("Range: bytes=0-1\r\n"),
      get("Expect: the unexpected\r\n"),
      get("Content-Type: a/b\r\nContent-Type: c/d\r\n"),
      get("Host: b\r\n"),
      "GET /livez HTTP/1.1\r\n\r\n",
      get(" folded: 1\r\n"),
      get("A: b\r\n\tfolded\r\n"),
      get("Content-Length : 1\r\n"),
      get(": nameless\r\n"),
      get("no colon\r\n"),
      get("A\rB: c\r\n"),
      get("A: b\rC: d\r\n"),
      get("A: b\nContent-Length: 3\r\n"),
      get(std::string("A: b\0c\r\n", 8)),
      get("A: \x7f\r\n"),
      get("\xc3\xa4: b\r\n"),
      "GET /livez HTTP/1.0\r\nHost: a\r\n\r\n",
      "GET /livez HTTP/1.2\r\nHost: a\r\n\r\n",
      "GET /livez HTTP/1.1 \r\nHost: a\r\n\r\n",
      "GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n",
      " GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET\t/livez HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /li vez HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://a/livez HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /livez\r\n\r\n",
      "\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 11),
      "GET /livez HTTP/1.1\nHost: a\n\n",
      "GET /livez HTTP/1.1\n",
  };
  for (const std::string& head : heads) {
    CAPTURE(head);
    CHECK(status_of(head) == 400);
  }
}

TEST_CASE("a refusal is the same whatever the pieces in which a head comes") {
  std::string many;
  for (std::size_t line = 0; line < kMostHeaderLines; ++line) many += "A: b\r\n";
  const std::string large = fmt::format("A: {:x>{}}\r\n", "", kLargestHead);
  for (const std::string& head : {std::string("GET /livez HTTP/1.1\nHost: a\r\n\r\n"),
                                  get("no colon\r\nA: b\nC: d\r\n"), get(many + "A: b\nC: d\r\n"),
                                  get("A: b\nC: d\r\n" + large), get(large + "A: b\nC: d\r\n")}) {
    std::size_t size = 0;
    while (status_of(head.substr(0, size)) == 0) ++size;
    const auto in_pieces = std::get<HeadIsBad>(read_head(head.substr(0, size)));
    const auto at_once = std::get<HeadIsBad>(read_head(head));
    CAPTURE(head);
    CHECK(at_once.status == in_pieces.status);
    CHECK(at_once.why == in_pieces.why);
  }
}

TEST_CASE("a length beyond all numbers is one, and too large") {
  CHECK(taken(get("Content-Length: 99999999999999999999999\r\n")).body_size == SIZE_MAX);
  CHECK(taken(get("Content-Length: 007\r\n")).body_size == 7);
}

TEST_CASE("a head of 16 KiB and 64 header lines is taken, and none that is larger") {
  const std::string around = get("A: \r\n");
  const std::string most = get(fmt::format("A: {:x>{}}\r\n", "", kLargestHead - around.size()));
  REQUIRE(most.size() == kLargestHead);
  CHECK(status_of(most) == 200);
  CHECK(status_of(get(fmt::format("A: {:x>{}}\r\n", "", kLargestHead))) == 431);
  CHECK(status_of(std::string(kLargestHead, 'x')) == 431);
  CHECK(status_of(std::string(kLargestHead - 1, 'x')) == 0);
  std::string lines;
  for (std::size_t line = 1; line < kMostHeaderLines; ++line) lines += "A: b\r\n";
  CHECK(status_of(get(lines)) == 200);
  CHECK(status_of(get(lines + "A: b\r\n")) == 431);
}

TEST_CASE("a reply has its length, and says when no other follows") {
  std::string out;
  write_reply({.status = 200, .content_type = "application/json", .body = "{}"}, false, out);
  CHECK(out == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  out.clear();
  write_reply({.status = 503, .again_shortly = true}, true, out);
  CHECK(out ==
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n");
  out.clear();
  write_reply({.status = 405, .body = "use POST\n", .allow = "POST"}, true, out);
  CHECK(out.find("\r\nAllow: POST\r\n") != std::string::npos);
}
