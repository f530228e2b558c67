#include "engine/json_reader.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <string>

#include "engine/document_builder.h"

namespace stateward {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kKeptBuffer = std::size_t{1}
                                    << 20;  // bytes of text that buffers are kept for

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
        error = read_number(value, scalar);
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

  static simdjson::error_code read_number(ondemand::value& value, Value& scalar) {
    ondemand::number number;
    if (const auto error = value.get_number().get(number)) return error;
    if (number.is_int64()) {
      scalar.type = Type::integer;
      scalar.integer = number.get_int64();
    } else {
      scalar.type = Type::real;
      scalar.real =
          number.is_uint64() ? static_cast<double>(number.get_uint64()) : number.get_double();
    }
    return simdjson::SUCCESS;
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
      while (end < limit && std::strchr(",]} \t\r\n", *end) == nullptr) ++end;
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
  ReadDocument result = JsonDocumentReader(padded, places, first_line).read(parser);
  // One large text must not be paid for by every thread for ever.
  if (text.size() > kKeptBuffer) {
    padded = std::string();
    parser = ondemand::parser();
  }
  return result;
}

}  // namespace stateward
