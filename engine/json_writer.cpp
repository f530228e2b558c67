#include "engine/json_writer.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace stateward {
namespace {

// Length of the UTF-8 sequence at the start of `text`, 0 where it is not valid (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_large = first == 0xF4 && byte(1) >= 0x90;
    return tail(1) && tail(2) && tail(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

// The shortest text that reads back as the same number; a point keeps it from becoming a whole one.
void append_real(std::string& out, double number) {
  const std::string text = fmt::format("{}", number);
  out += text;
  if (text.find_first_of(".en") == std::string::npos) out += ".0";
}

// Which bytes are not copied as they are.
constexpr auto kNeedsEscape = [] {
  std::array<bool, 256> needs{};
  for (std::size_t byte = 0; byte < needs.size(); ++byte)
    needs[byte] = byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\';
  return needs;
}();

// One character that cannot be copied as it is; answers how many bytes of `rest` it took.
std::size_t append_special(std::string& out, std::string_view rest) {
  const char c = rest.front();
  switch (c) {
    case '"':
      out += "\\\"";
      return 1;
    case '\\':
      out += "\\\\";
      return 1;
    case '\n':
      out += "\\n";
      return 1;
    case '\t':
      out += "\\t";
      return 1;
    case '\r':
      out += "\\r";
      return 1;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    return 1;
  }
  const std::size_t length = utf8_length(rest);
  if (length == 0) {
    out += "\xEF\xBF\xBD";
    return 1;
  }
  out.append(rest.substr(0, length));
  return length;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (!kNeedsEscape[static_cast<unsigned char>(text[i])]) {
      ++i;
      continue;
    }
    out.append(text, start, i - start);
    i += append_special(out, text.substr(i));
    start = i;
  }
  out.append(text, start);
  out += '"';
}

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  separate();
  fmt::format_to(std::back_inserter(out_), "{}", number);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::node(Node node) {
  switch (node.type()) {
    case Type::null:
      return null();
    case Type::boolean:
      return boolean(node.boolean());
    case Type::integer:
      return integer(node.integer(0));
    case Type::string:
      return string(node.text());
    case Type::real:
      separate();
      append_real(out_, node.real());
      return *this;
    case Type::list:
      begin_array();
      for (const Node item : node.items()) this->node(item);
      return end_array();
    case Type::map:
      begin_object();
      for (const auto& [name, value] : node.members()) key(name).node(value);
      return end_object();
  }
  return *this;
}

std::string to_json(Node node) {
  std::string out;
  JsonWriter(out).node(node);
  return out;
}

}  // namespace stateward
