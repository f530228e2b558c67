// What a front has to answer, found from all that was said to it alone: whole requests get the
// reply that reply_to() makes of them, in order; what is refused ends the connection.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "test/fuzz/law.h"
#include "webhook/framing.h"

namespace stateward {

inline constexpr std::size_t kLargestBody = std::size_t{160} << 10;
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

inline HttpReply reply_to(const HttpRequest& request) {
  HttpReply reply{.body = fmt::format("{} {} {} {} {}\n", request.method, request.path,
                                      request.query, request.body.size(),
                                      std::hash<std::string_view>()(request.body))};
  if (request.path.starts_with("/big")) reply.body.append(20'000, 'b');
  return reply;
}

inline std::optional<HttpReply> refusal_of(const HttpRequest& head) {
  if (head.path.starts_with("/refuse")) return HttpReply{.status = 404, .body = "no such path\n"};
  if (head.method == "PUT") return HttpReply{.status = 405, .body = {}, .allow = "POST"};
  return std::nullopt;
}

inline std::string written(const HttpReply& reply, bool closes) {
  std::string bytes;
  write_reply(reply, closes, bytes);
  return bytes;
}

// The next of what was said.
struct Asked {
  bool answered = false;
  bool ends = false;             // the connection
  bool awaits_continue = false;  // may be told to go on
  bool rendered = false;         // the reply does not say that it is the last
  std::size_t size = 0;
  std::string reply;       // where others may follow
  std::string last_reply;  // where none does
};

inline Asked next_asked(std::string_view said) {
  Asked asked;
  const auto found = read_head(said);
  if (std::holds_alternative<HeadIsIncomplete>(found)) return asked;
  HttpReply reply;
  if (const auto* bad = std::get_if<HeadIsBad>(&found)) {
    reply = {.status = bad->status, .body = std::string(bad->why) + "\n"};
    asked.answered = asked.ends = true;
  } else {
    const auto& head = std::get<RequestHead>(found);
    HttpRequest request{.method = head.method, .path = head.path, .query = head.query};
    auto refused = refusal_of(request);
    if (!refused && head.body_size > kLargestBody)
      refused = HttpReply{.status = 413, .body = "the body is too large\n"};
    asked.size = head.size + head.body_size;
    asked.answered = refused || said.size() >= asked.size;
    asked.ends = refused || head.closes;
    asked.awaits_continue = !refused && head.awaits_continue;
    asked.rendered = !refused && head.path.starts_with("/rendered");
    if (asked.answered && !refused) request.body = said.substr(head.size, head.body_size);
    reply = refused ? *refused : reply_to(request);
  }
  asked.reply = written(reply, false);
  asked.last_reply = written(reply, !asked.rendered);
  return asked;
}

struct Circumstances {
  bool may_close = false;  // the server may have asked to come back by another connection
  bool disturbed = false;  // the time was over, the server had too much to do, or we broke off
};

enum class Standing { waits, answered, closed };  // closed: nothing else may come

// Asserts that what was heard is what had to be said.
inline Standing standing_after(std::string_view said, std::string_view heard, Circumstances were) {
  static const std::string kBusy =
      written({.status = 503, .body = {}, .again_shortly = true}, true);
  const auto take = [&](std::string_view bytes) {
    const bool is = heard.starts_with(bytes);
    if (is) heard.remove_prefix(bytes.size());
    return is;
  };
  for (bool ended = false;;) {
    const Asked asked = next_asked(said);
    const Standing so_far = asked.answered ? Standing::waits : Standing::answered;
    if (heard.empty()) return ended ? Standing::answered : so_far;
    if (asked.awaits_continue && take(kContinue) && heard.empty()) return so_far;
    if (asked.answered && !asked.ends && take(asked.reply)) {
      ended = were.may_close && asked.rendered;
      said.remove_prefix(asked.size);
      continue;
    }
    const bool last = asked.ends || were.may_close;
    if ((asked.answered && last && take(asked.last_reply)) || (were.disturbed && take(kBusy))) {
      LAW(heard.empty());
      return Standing::closed;
    }
    LAW(were.disturbed);  // broken off
    LAW((asked.answered &&
         (asked.reply.starts_with(heard) || asked.last_reply.starts_with(heard))) ||
        kBusy.starts_with(heard) || kContinue.starts_with(heard));
    return Standing::waits;
  }
}

}  // namespace stateward
