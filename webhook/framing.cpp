#include "webhook/framing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <system_error>

namespace stateward {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kVersion = "HTTP/1.1";
constexpr std::string_view kOneLength = "send one Content-Length and nothing encoded";
constexpr HeadIsBad kLoneLineFeed{.status = 400, .why = "end lines with CR LF"};

// RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> is{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"))
    is[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) is[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) is[static_cast<unsigned char>(c)] = true;
  return is;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenCharacters[static_cast<unsigned char>(c)];
  });
}

// Visible characters, blanks and bytes beyond ASCII (RFC 9110 section 5.5).
bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
  });
}

bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// `wanted` is in lower case.
bool is(std::string_view given, std::string_view wanted) {
  return given.size() == wanted.size() &&
         std::equal(given.begin(), given.end(), wanted.begin(),
                    [](char left, char right) { return lower(left) == right; });
}

// Whether one of the elements of a list (RFC 9110 section 5.6.1) is `wanted`.
bool lists(std::string_view value, std::string_view wanted) {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    if (is(trimmed(value.substr(0, comma)), wanted)) return true;
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return false;
}

HeadIsBad bad(std::string_view why) { return {.status = 400, .why = why}; }

class HeadReader {
 public:
  // Says what is wrong with the line, if anything is.
  std::optional<HeadIsBad> request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return bad("this is no HTTP/1.1");
    if (line.substr(last + 1) != kVersion) return bad("speak HTTP/1.1");
    const std::string_view target = line.substr(first + 1, last - first - 1);
    head_.method = line.substr(0, first);
    if (!is_token(head_.method) || !is_target(target)) return bad("malformed request line");
    const std::size_t mark = std::min(target.find('?'), target.size());
    head_.path = target.substr(0, mark);
    head_.query = target.substr(std::min(mark + 1, target.size()));
    return std::nullopt;
  }

  std::optional<HeadIsBad> field_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return bad("malformed header line");  // a folded one begins with a blank
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_value(value)) return bad("control characters in a header");
    return field(line.substr(0, colon), value);
  }

  std::variant<RequestHead, HeadIsIncomplete, HeadIsBad> finish(std::size_t size) {
    if (hosts_ != 1) return bad("send one Host");  // RFC 9112 section 3.2
    if (head_.method == "POST" && !has_length_) return bad(kOneLength);
    head_.size = size;
    return head_;
  }

 private:
  std::optional<HeadIsBad> field(std::string_view name, std::string_view value) {
    if (is(name, "host")) {
      ++hosts_;
    } else if (is(name, "content-length")) {
      return length(value);
    } else if (is(name, "content-type")) {
      if (!head_.content_type.empty()) return bad("send one Content-Type");
      head_.content_type = value;
    } else if (is(name, "connection")) {
      head_.closes = head_.closes || lists(value, "close");
    } else if (is(name, "expect")) {
      if (!is(value, "100-continue")) return bad("expect 100-continue or nothing");
      head_.awaits_continue = true;
    } else if (is(name, "transfer-encoding") || is(name, "content-encoding") || is(name, "range")) {
      return bad(kOneLength);
    }
    return std::nullopt;
  }

  std::optional<HeadIsBad> length(std::string_view digits) {
    const char* end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, head_.body_size);
    const bool number = !digits.empty() && digits.front() != '-' && at == end;
    if (has_length_ || !number) return bad(kOneLength);
    if (error == std::errc::result_out_of_range) head_.body_size = SIZE_MAX;
    has_length_ = true;
    return std::nullopt;
  }

  RequestHead head_;
  std::size_t hosts_ = 0;
  bool has_length_ = false;
};

// A line feed without its carriage return, which we would wait for until the time is over.
bool has_lone_line_feed(std::string_view bytes) {
  for (std::size_t at = bytes.find('\n'); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;
  }
  return false;
}

// No other status is ever given.
std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

void write_reply(const HttpReply& reply, bool closes, std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", reply.status,
                 reason_of(reply.status), reply.content_type, reply.body.size());
  if (!reply.allow.empty()) fmt::format_to(std::back_inserter(out), "Allow: {}\r\n", reply.allow);
  if (reply.again_shortly) out += "Retry-After: 1\r\n";
  if (closes) out += "Connection: close\r\n";
  out += kLineEnd;
  out += reply.body;
}

std::variant<RequestHead, HeadIsIncomplete, HeadIsBad> read_head(std::string_view bytes) {
  bytes = bytes.substr(0, kLargestHead);
  const std::size_t end = bytes.find(kHeadEnd);
  if (end == std::string_view::npos) {
    if (has_lone_line_feed(bytes)) return kLoneLineFeed;
    if (bytes.size() < kLargestHead) return HeadIsIncomplete{};
    return HeadIsBad{.status = 431, .why = "the head is larger than 16 KiB"};
  }
  HeadReader reader;
  std::string_view lines = bytes.substr(0, end + kLineEnd.size());
  // Who sends it in pieces hears of a lone line feed before anything else is looked at.
  const auto refusal = [&](HeadIsBad wrong) {
    return has_lone_line_feed(bytes.substr(0, end)) ? kLoneLineFeed : wrong;
  };
  for (std::size_t count = 0; !lines.empty(); ++count) {
    if (count > kMostHeaderLines)
      return refusal({.status = 431, .why = "more than 64 header lines"});
    const std::size_t length = lines.find(kLineEnd);
    const std::string_view line = lines.substr(0, length);
    if (auto wrong = count == 0 ? reader.request_line(line) : reader.field_line(line))
      return refusal(*wrong);
    lines.remove_prefix(length + kLineEnd.size());
  }
  return reader.finish(end + kHeadEnd.size());
}

}  // namespace stateward
