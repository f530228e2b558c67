#include "cli/markdown_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/safe_text.h"

namespace stateward {
namespace {

bool is_one_of(char c, std::string_view those) { return those.find(c) != std::string_view::npos; }

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '"';
}

// The longest run of backticks.
std::size_t longest_run(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

std::string markdown_text(std::string_view given) {
  const std::string text = safe_text(given);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_one_of(c, "\\`*_[]<>|~&")) out += '\\';
    out += c;
    // An empty comment tears "@name" and "#12" apart where they would become links.
    if (is_one_of(c, "@#!$%~&") && i + 1 < text.size() && is_word(text[i + 1])) out += "<!-- -->";
  }
  return out;
}

std::string markdown_code(std::string_view given) {
  const std::string text = safe_text(given);
  const std::string ticks(longest_run(text) + 1, '`');
  const bool padded = text.empty() || text.front() == '`' || text.back() == '`' ||
                      (text.front() == ' ' && text.back() == ' ');
  return fmt::format("{0}{1}{2}{1}{0}", ticks, padded ? " " : "", text);
}

std::string markdown_block(std::string_view text, std::string_view language) {
  const std::string ticks(std::max<std::size_t>(longest_run(text) + 1, 3), '`');
  return fmt::format("{0}{1}\n{2}{3}{0}\n", ticks, language, text,
                     text.ends_with('\n') || text.empty() ? "" : "\n");
}

}  // namespace stateward
