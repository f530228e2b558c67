#include "engine/json_reader.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <bit>
#include <cstring>
#include <new>
#include <optional>
#include <string>

#include "engine/document_builder.h"
#include "engine/member_index.h"
#include "engine/number.h"

namespace stateward {
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;

constexpr std::size_t kKeptBuffer = std::size_t{1}
                                    << 20;  // bytes of text that buffers are kept for
// A tape takes up to eight bytes for each of the text, so long texts are read without one.
constexpr std::size_t kLongestTaped = std::size_t{256} << 10;
static_assert(kLongestTaped < kMaxValues);
constexpr std::size_t kFirstCapacity = std::size_t{16} << 10;

// Where bytes of a text stand as line and column. Asked mostly in ascending order, so it walks on
// from the last answer.
class Positions {
 public:
  Positions(const char* begin, std::uint32_t first_line)
      : begin_(begin), at_(begin), where_{first_line, 1}, first_(where_) {}

  Position of(const char* byte) {
    if (byte < at_) {
      at_ = begin_;
      where_ = first_;
    }
    for (; at_ < byte; ++at_) {
      if (*at_ == '\n') {
        where_ = {where_.line + 1, 1};
      } else if ((static_cast<unsigned char>(*at_) & 0xC0U) != 0x80U) {
        ++where_.column;
      }
    }
    // `at_` stands on the byte: a continuation byte never begins a token, so the column is exact.
    return where_;
  }

 private:
  const char* begin_;
  const char* at_;
  Position where_;
  Position first_;
};

std::string explain(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "not JSON: invalid UTF-8";
    case simdjson::EMPTY:
      return "not JSON: nothing there";
    case simdjson::DEPTH_ERROR:
      return fmt::format("nested deeper than {} levels", kMaxDepth);
    case simdjson::NUMBER_ERROR:
      return "not JSON: a number that is malformed or too large";
    case simdjson::STRING_ERROR:
      return "not JSON: a malformed escape in a string";
    case simdjson::UNCLOSED_STRING:
      return "not JSON: a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "not JSON: a control character in a string";
    case simdjson::TRAILING_CONTENT:
      return "not JSON: something stands behind the document";
    default:
      return "not JSON: malformed structure";
  }
}

class JsonDocumentReader {
 public:
  JsonDocumentReader(std::string_view padded, Places places, std::uint32_t first_line)
      : text_(padded),
        keep_(places == Places::keep),
        builder_(keep_),
        positions_(padded.data(), first_line) {}

  ReadDocument read(ondemand::parser& parser) {
    ReadDocument result;
    ondemand::document document;
    simdjson::error_code error =
        parser.iterate(text_.data(), text_.size(), text_.size() + simdjson::SIMDJSON_PADDING)
            .get(document);
    if (error == simdjson::SUCCESS) error = walk(document);
    // In bounds still: not everything was read.
    if (error == simdjson::SUCCESS && document.current_location().error() == simdjson::SUCCESS) {
      error = simdjson::TRAILING_CONTENT;
    }
    if (error != simdjson::SUCCESS) {
      result.diagnostics.push_back({.span = place_of_error(document), .message = explain(error)});
      return result;
    }
    for (const DocumentBuilder::Repeated& repeated : repeated_)
      result.diagnostics.push_back(describe(repeated));
    result.document = builder_.take();
    return result;
  }

 private:
  Span place_of_error(ondemand::document& document) {
    if (!keep_) return {};
    const char* where = text_.data();
    if (document.is_alive()) {
      const char* current = nullptr;
      where = document.current_location().get(current) == simdjson::SUCCESS
                  ? current
                  : text_.data() + text_.size();
    }
    const Position start = positions_.of(where);
    return {start, {start.line, start.column + 1}};
  }

  Diagnostic describe(const DocumentBuilder::Repeated& repeated) const {
    const Position first = builder_.document().span(repeated.first).start;
    std::string message = fmt::format("key \"{}\" stands already", repeated.key);
    if (keep_) message += fmt::format(" in line {}, column {}", first.line, first.column);
    return {.span = builder_.document().span(repeated.again),
            .message = message + "; keep one of them"};
  }

  // Kubernetes' documents are objects or lists; a lone scalar is none.
  simdjson::error_code walk(ondemand::document& document) {
    ondemand::value value;
    if (const auto error = document.get_value().get(value)) return error;
    return add(value);
  }

  simdjson::error_code add(ondemand::value& value) {
    if (++values_ > kMaxValues) return simdjson::CAPACITY;
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::object) return add_object(value);
    if (type == ondemand::json_type::array) return add_array(value);
    return add_scalar(value, type);
  }

  simdjson::error_code add_object(ondemand::value& value) {
    if (builder_.depth() == kMaxDepth) return simdjson::DEPTH_ERROR;
    builder_.open_map(begin(value));
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    for (auto entry : object) {
      ondemand::field field;
      if (const auto error = std::move(entry).get(field)) return error;
      const char* raw = field.key().raw() - 1;  // its opening quote
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return error;
      builder_.key(builder_.arena().copy(key), keep_ ? builder_.place(span_of_token(raw)) : 0);
      if (const auto error = add(field.value())) return error;
    }
    return close();
  }

  simdjson::error_code add_array(ondemand::value& value) {
    if (builder_.depth() == kMaxDepth) return simdjson::DEPTH_ERROR;
    builder_.open_list(begin(value));
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    for (auto entry : array) {
      ondemand::value item;
      if (const auto error = std::move(entry).get(item)) return error;
      if (const auto error = add(item)) return error;
    }
    return close();
  }

  simdjson::error_code close() {
    builder_.value(builder_.close(repeated_));
    return simdjson::SUCCESS;
  }

  simdjson::error_code add_scalar(ondemand::value& value, ondemand::json_type type) {
    Value scalar;
    if (keep_)
      scalar.place = builder_.place(span_of_token(value.raw_json_token().data())) & Value::kPlaces;
    simdjson::error_code error = simdjson::SUCCESS;
    switch (type) {
      case ondemand::json_type::boolean:
        scalar.type = Type::boolean;
        error = value.get_bool().get(scalar.boolean);
        break;
      case ondemand::json_type::string: {
        std::string_view text;
        error = value.get_string().get(text);
        if (error != simdjson::SUCCESS) break;
        text = builder_.arena().copy(text);
        scalar.type = Type::string;
        scalar.text = text.data();
        scalar.size = static_cast<std::uint32_t>(text.size());
        break;
      }
      case ondemand::json_type::number:
        // get_number() and get_double() (3.0.1) make 0 of some with many digits and refuse others.
        // What is not asked of simdjson it skips.
        if (!read_json_number({value.raw_json_token().data(), text_.data() + text_.size()}, scalar))
          error = simdjson::NUMBER_ERROR;
        break;
      default: {
        bool null = false;
        error = value.is_null().get(null);
        if (error == simdjson::SUCCESS && !null) error = simdjson::N_ATOM_ERROR;
        break;
      }
    }
    if (error == simdjson::SUCCESS) builder_.value(scalar);
    return error;
  }

  std::uint32_t begin(ondemand::value& value) {
    if (!keep_) return 0;
    const Position start = positions_.of(value.raw_json_token().data());
    return builder_.place({start, {start.line, start.column + 1}});
  }

  // From a scalar's first byte to behind its last.
  Span span_of_token(const char* start) {
    const char* end = start + 1;
    const char* limit = text_.data() + text_.size();
    if (*start == '"') {
      while (end < limit && *end != '"') end += *end == '\\' ? 2 : 1;
      ++end;
    } else {
      while (end < limit && !ends_json_word(*end)) ++end;
    }
    const Position first = positions_.of(start);
    return {first, positions_.of(std::min(end, limit))};
  }

  std::string_view text_;
  bool keep_;
  DocumentBuilder builder_;
  Positions positions_;
  std::vector<DocumentBuilder::Repeated> repeated_;
  std::size_t values_ = 0;
};

// The fast way, where no places are asked for. simdjson writes a tape with the kernel of the
// processor that it finds at run time: a word for each value, its type in the highest byte, then a
// string's place among all texts or a container's number of entries (simdjson's doc/tape.md). The
// texts move into the arena in one piece, and one walk lays out the rest.
class TapeReader {
 public:
  // Nothing where the text cannot be taken, or has a name twice: JsonDocumentReader says why.
  std::optional<Document> read(std::string_view padded, dom::parser& parser) {
    if (parser.parse(padded.data(), padded.size(), false).error()) return std::nullopt;
    tape_ = parser.doc.tape.get() + 1;
    // Each text has five bytes beside it where it had at least three of punctuation.
    texts_ = document_.arena
                 .copy({reinterpret_cast<const char*>(parser.doc.string_buf.get()),
                        padded.size() * 5 / 3})
                 .data();
    if (!add(document_.root)) return std::nullopt;
    return std::move(document_);
  }

 private:
  static constexpr std::uint64_t kPayload = (std::uint64_t{1} << 56) - 1;

  // Inlined, so that nothing is called for what holds nothing.
  [[gnu::always_inline]] bool add(Value& value) {
    const std::uint64_t word = *tape_++;
    switch (static_cast<char>(word >> 56)) {
      case '{':
      case '[':
        return add_container(value, word);
      case '"': {
        const std::string_view text = text_of(word);
        value.type = Type::string;
        value.size = static_cast<std::uint32_t>(text.size());
        value.text = text.data();
        return true;
      }
      case 'l':
        value.type = Type::integer;
        value.integer = static_cast<std::int64_t>(*tape_++);
        return true;
      case 'u':
        value.type = Type::real;
        value.real = static_cast<double>(*tape_++);
        return true;
      case 'd':
        value.type = Type::real;
        value.real = std::bit_cast<double>(*tape_++);
        return true;
      case 't':
      case 'f':
        value.type = Type::boolean;
        value.boolean = (word >> 56) == 't';
        return true;
      default:
        return true;
    }
  }

  [[gnu::always_inline]] bool add_container(Value& value, std::uint64_t word) {
    const auto count = static_cast<std::uint32_t>(word >> 32U) & 0xFFFFFFU;
    const bool map = word >> 56 == '{';
    value.type = map ? Type::map : Type::list;
    value.size = count;
    const bool added = count == 0 || (map ? add_members(value) : add_items(value));
    ++tape_;  // the closing bracket
    return added;
  }

  bool add_members(Value& map) {
    Member* const members = room_for_members(document_.arena, map.size);
    for (std::size_t i = 0; i < map.size; ++i) {
      auto* const member = new (members + i) Member(text_of(*tape_++), 0, {});
      if (!add(member->value)) return false;
    }
    map.members = members;
    return index_members(members, map.size);
  }

  bool add_items(Value& list) {
    auto* const items = document_.arena.room<Value>(list.size);
    for (std::size_t i = 0; i < list.size; ++i) {
      if (!add(*new (items + i) Value)) return false;
    }
    list.items = items;
    return true;
  }

  // Its length is written before it.
  std::string_view text_of(std::uint64_t word) {
    const char* const at = texts_ + (word & kPayload);
    std::uint32_t size = 0;
    std::memcpy(&size, at, sizeof(size));
    return {at + sizeof(size), size};
  }

  Document document_;
  const std::uint64_t* tape_ = nullptr;  // the next word
  const char* texts_ = nullptr;
};

// Which leaves to the other reader what is nested too deep, or almost: it does not count a level
// that holds nothing.
dom::parser shallow_parser() {
  dom::parser parser;
  if (parser.allocate(kFirstCapacity, kMaxDepth)) throw std::bad_alloc();
  return parser;
}

}  // namespace

ReadDocument read_json(std::string_view text, Places places, std::uint32_t first_line) {
  // simdjson reads a few bytes beyond the text and keeps an index as large as the largest text so
  // far.
  thread_local ondemand::parser parser;
  thread_local std::string padded;
  if (text.empty() || (text.front() != '{' && text.front() != '[')) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) {
      ReadDocument refused;
      refused.diagnostics.push_back(
          {.span = {{first_line, 1}, {first_line, 2}}, .message = "not JSON: expected an object"});
      return refused;
    }
  }
  padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  padded.assign(text);
  if (places == Places::skip && text.size() <= kLongestTaped) {
    thread_local dom::parser taping = shallow_parser();
    if (auto document = TapeReader().read(padded, taping)) return {std::move(document), {}};
  }
  ReadDocument result = JsonDocumentReader(padded, places, first_line).read(parser);
  // One large text must not be paid for by every thread for ever.
  if (text.size() > kKeptBuffer) {
    padded = std::string();
    parser = ondemand::parser();
  }
  return result;
}

}  // namespace stateward
