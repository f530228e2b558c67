#include "engine/path.h"

#include <algorithm>
#include <charconv>

namespace stateward {
namespace {

constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

// RFC 6901 section 3: "~" becomes "~0" first, then "/" becomes "~1".
void append_escaped(std::string& out, std::string_view member) {
  if (member.find_first_of("~/") == std::string_view::npos) {
    out += member;
    return;
  }
  for (const char c : member) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
}

std::string unescaped(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
      out += step[++i] == '0' ? '~' : '/';
    } else {
      out += step[i];
    }
  }
  return out;
}

}  // namespace

Path Path::operator/(std::string_view member) && {
  // Room for most paths as a whole.
  constexpr std::size_t kUsual = 96;
  if (text_.capacity() < text_.size() + 1 + member.size())
    text_.reserve(text_.size() + 1 + std::max(member.size(), kUsual));
  text_ += '/';
  append_escaped(text_, member);
  return std::move(*this);
}

Path Path::operator/(std::size_t index) && {
  return std::move(*this) / std::string_view(std::to_string(index));
}

std::vector<std::string> Path::steps() const {
  std::vector<std::string> steps;
  for (std::size_t start = 0; start < text_.size();) {
    const std::size_t end = std::min(text_.find('/', start + 1), text_.size());
    steps.push_back(unescaped(std::string_view(text_).substr(start + 1, end - start - 1)));
    start = end;
  }
  return steps;
}

std::size_t parse_index(std::string_view step) {
  if (step.empty() || (step.size() > 1 && step.front() == '0')) return kNoIndex;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  return error == std::errc() && end == step.data() + step.size() ? index : kNoIndex;
}

}  // namespace stateward
