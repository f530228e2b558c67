// HTTP/1.1 (RFC 9112) as this server takes and gives it: the head of one request, found in bytes
// from anybody, and a reply as bytes. Reading is stricter than it must be: what two readers could
// take for two different requests (two lengths, encodings, folded lines, a line feed by itself) is
// refused. Pure functions; what read_head() returns looks into `bytes`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "webhook/http.h"

namespace stateward {

inline constexpr std::size_t kLargestHead = std::size_t{16} * 1024;
inline constexpr std::size_t kMostHeaderLines = 64;

struct RequestHead {
  std::string_view method;
  std::string_view path;          // as it was sent: nothing is decoded
  std::string_view query;         // behind the question mark
  std::string_view content_type;  // empty where there is none
  std::size_t size = 0;           // of the head, its empty line included
  std::size_t body_size = 0;      // Content-Length; SIZE_MAX where that is beyond all numbers
  bool closes = false;            // Connection: close
  bool awaits_continue = false;   // Expect: 100-continue (RFC 9110 section 10.1.1)
};

// The head does not end within `bytes`, and nothing in them is wrong yet.
struct HeadIsIncomplete {};

// It is none that we take; the connection cannot go on, for nobody knows where it ends.
struct HeadIsBad {
  int status = 400;  // 400 or 431
  std::string_view why;
};

std::variant<RequestHead, HeadIsIncomplete, HeadIsBad> read_head(std::string_view bytes);

// Appends the reply to `out`. `closes`: no other follows on this connection.
void write_reply(const HttpReply& reply, bool closes, std::string& out);

}  // namespace stateward
