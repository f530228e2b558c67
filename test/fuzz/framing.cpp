// Laws of the framing: a head is incomplete until it is decided, and the decision depends neither
// on the pieces in which it came nor on what stands behind it; a head that is taken means the same
// to a forgiving reader, who ends a line at any line feed and a name at any blank. The byte 0xFF
// stands for a thousand letters, so that heads may be too large.
#include "webhook/framing.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>
#include <vector>

#include "test/fuzz/law.h"

using namespace stateward;

namespace {

struct Forgiving {
  std::string method, path;
  std::size_t size = 0, body_size = 0;
  int hosts = 0, lengths = 0, encodings = 0;
};

std::string bare(std::string text) {
  const auto is_blank = [](unsigned char c) { return std::isspace(c) != 0 || c == 0; };
  std::erase_if(text, is_blank);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Forgiving read_forgivingly(const std::string& text) {
  Forgiving read;
  std::istringstream lines(text);
  std::string line, target;
  while (std::getline(lines, line)) {
    read.size += line.size() + 1;
    if (bare(line).empty()) break;
    if (read.method.empty()) {
      std::istringstream(line) >> read.method >> target;
      read.path = target.substr(0, target.find('?'));
      continue;
    }
    const std::string name = bare(line.substr(0, line.find(':')));
    if (name == "host") ++read.hosts;
    if (name == "transfer-encoding" || name == "content-encoding") ++read.encodings;
    if (name == "content-length" && ++read.lengths > 0)
      read.body_size = std::strtoull(bare(line.substr(line.find(':') + 1)).c_str(), nullptr, 10);
  }
  return read;
}

using Found = std::variant<RequestHead, HeadIsIncomplete, HeadIsBad>;

// What was found, as text; views as places in the bytes.
std::string told(const Found& found, std::string_view bytes) {
  if (std::holds_alternative<HeadIsIncomplete>(found)) return "incomplete";
  std::ostringstream all;
  if (const auto* bad = std::get_if<HeadIsBad>(&found)) {
    all << bad->status << ' ' << bad->why;
    return all.str();
  }
  const auto& head = std::get<RequestHead>(found);
  for (const std::string_view part : {head.method, head.path, head.query, head.content_type}) {
    if (part.empty()) continue;
    LAW(part.data() >= bytes.data() && part.data() + part.size() <= bytes.data() + head.size);
    for (const char c : part) LAW((c & 0x60) != 0 || c < 0 || c == '\t');
    for (const char c : part) LAW(c != 0x7f);
    all << part.data() - bytes.data() << '+' << part.size() << ' ';
  }
  all << head.size << ' ' << head.body_size << ' ' << head.closes << head.awaits_continue;
  return all.str();
}

// Of bytes of their own, behind which nothing may be read.
std::string told(std::string_view bytes) {
  const std::vector<char> own(bytes.begin(), bytes.end());
  const std::string_view view(own.data(), own.size());
  return told(read_head(view), view);
}

// Lengths at which something may be decided: all of a short text, and around the ends of lines.
std::vector<std::size_t> lengths_of(std::string_view text) {
  std::vector<std::size_t> lengths;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const bool short_one = text.size() <= 96 || size + 1 >= text.size();
    const auto edge = [&](std::size_t at) {
      return at < text.size() && (text[at] == '\n' || text[at] == '\r');
    };
    const bool near_end = size + 1 >= kLargestHead && size <= kLargestHead + 1;
    if (short_one || near_end || edge(size) || (size > 0 && edge(size - 1)))
      lengths.push_back(size);
  }
  return lengths;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size && text.size() < 2 * kLargestHead; ++i)
    bytes[i] == 0xFF ? text.append(1000, 'a') : text.append(1, static_cast<char>(bytes[i]));
  const Found whole = read_head(text);
  const std::string answer = told(text);
  std::string last = "incomplete";
  for (const std::size_t length : lengths_of(text)) {
    const std::string now = told(std::string_view(text).substr(0, length));
    LAW(last == "incomplete" || last == now);
    last = now;
  }
  LAW(last == answer);
  if (const auto* bad = std::get_if<HeadIsBad>(&whole))
    LAW(!bad->why.empty() && (bad->status == 400 || bad->status == 431));
  const auto* head = std::get_if<RequestHead>(&whole);
  if (head == nullptr) return 0;
  LAW(head->size <= kLargestHead);
  const Forgiving other = read_forgivingly(text);
  LAW(other.size == head->size && other.method == head->method && other.path == head->path);
  LAW(other.body_size == head->body_size);
  LAW(other.hosts == 1 && other.lengths <= 1 && other.encodings == 0);
  for (const char* behind :
       {"\n", "\r\n", "GET / HTTP/1.1\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n"})
    LAW(told(text.substr(0, head->size) + behind) == answer);
  return 0;
}
