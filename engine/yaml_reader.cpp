// The event loop of libyaml feeds a DocumentBuilder. What libyaml's scanner leaves to the reader is
// done here, as go-yaml v2 does it: typing plain scalars (keys too), anchors and aliases, merge
// keys, and refusing what cannot become JSON. An alias is the same Value again, pointing at the
// same entries: a "billion laughs" file costs a few values. What it would expand to is still
// counted against kMaxValues and kMaxDepth, since whoever walks the tree pays for it.

#include "engine/yaml_reader.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/document_builder.h"
#include "engine/yaml_scalar.h"

namespace stateward {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view view(const yaml_char_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

struct Event : yaml_event_t {
  Event() : yaml_event_t{} {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(this); }
};

struct Parser : yaml_parser_t {
  explicit Parser(std::string_view text) : yaml_parser_t{} {
    yaml_parser_initialize(this);
    yaml_parser_set_encoding(this, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(this, reinterpret_cast<const yaml_char_t*>(text.data()),
                                 text.size());
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() { yaml_parser_delete(this); }
};

// What an anchor stands for, and what it would cost to write it out.
struct Anchored {
  Value value;
  std::size_t values = 0;
  std::size_t height = 0;
  bool open = false;  // we are still inside it
};

class ChunkReader {
 public:
  explicit ChunkReader(YamlChunk chunk) : chunk_(chunk) {
    if (chunk_.text.starts_with(kByteOrderMark)) chunk_.text.remove_prefix(kByteOrderMark.size());
  }

  ReadDocument read() {
    if (separator_is_clean()) {
      Parser parser(chunk_.text);
      while (!done_ && !failed_) step(parser);
    }
    ReadDocument result;
    report_repeated();
    if (!failed_ && found_ && builder_.document().root.type != Type::null)
      result.document = builder_.take();
    result.diagnostics = std::move(diagnostics_);
    return result;
  }

 private:
  // An open list or map: how deep it reaches, and whether the key just given is a merge key.
  struct Level {
    std::size_t height = 0;
    bool merge = false;
    std::string_view anchor;  // in the arena
    std::size_t values_before = 0;
  };

  bool separator_is_clean() {
    const std::optional<Position> text = text_behind_separator(chunk_);
    if (!text) return true;
    fail({*text, {text->line, text->column + 1}},
         "text behind the document separator; kubectl takes only a comment there, so begin a new "
         "line");
    return false;
  }

  Position position(const yaml_mark_t& mark) const {
    return {static_cast<std::uint32_t>(mark.line) + chunk_.first_line,
            static_cast<std::uint32_t>(mark.column) + 1};
  }
  Span span(const yaml_event_t& event) const {
    return {position(event.start_mark), position(event.end_mark)};
  }

  void fail(const Span& where, std::string message) {
    failed_ = true;
    diagnostics_.push_back({.span = where, .message = std::move(message)});
  }

  void fail(const Parser& parser) {
    Position where = position(parser.problem_mark);
    // Of unreadable bytes libyaml knows the offset only, not the line.
    if (parser.error == YAML_READER_ERROR) where = position_of_byte(parser.problem_offset);
    std::string message =
        fmt::format("not YAML: {}", parser.problem == nullptr ? "unreadable" : parser.problem);
    if (parser.context != nullptr) message += fmt::format(" ({})", parser.context);
    fail({where, {where.line, where.column + 1}}, std::move(message));
  }

  Position position_of_byte(std::size_t offset) const {
    const std::string_view before = chunk_.text.substr(0, std::min(offset, chunk_.text.size()));
    const auto lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const auto is_character = [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    };
    const auto column = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start),
                                      before.end(), is_character);
    return {chunk_.first_line + lines, static_cast<std::uint32_t>(column) + 1};
  }

  void step(Parser& parser) {
    Event event;
    if (yaml_parser_parse(&parser, &event) == 0) {
      return ended_ ? stop_reading(position(parser.problem_mark)) : fail(parser);
    }
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        return document_start(event);
      case YAML_DOCUMENT_END_EVENT:
        ended_ = true;
        return;
      case YAML_SCALAR_EVENT:
        return scalar(event);
      case YAML_ALIAS_EVENT:
        return alias(event);
      case YAML_SEQUENCE_START_EVENT:
        return open(event, false, event.data.sequence_start.anchor);
      case YAML_MAPPING_START_EVENT:
        return open(event, true, event.data.mapping_start.anchor);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return close(event);
      case YAML_STREAM_END_EVENT:
      case YAML_NO_EVENT:
        done_ = true;
        return;
      default:
        return;
    }
  }

  // kubectl reads one document and never looks at what follows in its chunk (behind "...", or less
  // indented).
  void stop_reading(Position where) {
    done_ = true;
    diagnostics_.push_back(
        {.severity = Diagnostic::Severity::note,
         .span = {where, {where.line, where.column + 1}},
         .message = "the document ends here and kubectl ignores the rest; indent it alike, or "
                    "separate documents with ---"});
  }

  void document_start(const Event& event) {
    if (found_) return stop_reading(position(event.start_mark));
    found_ = true;
    const yaml_version_directive_t* version = event.data.document_start.version_directive;
    if (version != nullptr && (version->major != 1 || version->minor != 1)) {
      fail(span(event),
           "%YAML names another version than 1.1, which kubectl refuses; remove the line");
    }
  }

  bool spend(std::size_t values, std::size_t height, const Event& event) {
    values_ += values;
    if (values_ > kMaxValues) {
      fail(span(event), fmt::format("more than {} values, aliases written out", kMaxValues));
    } else if (levels_.size() + height > kMaxDepth) {
      fail(span(event), fmt::format("nested deeper than {} levels", kMaxDepth));
    }
    return !failed_;
  }

  void scalar(const Event& event) {
    const auto& raw = event.data.scalar;
    if (!spend(1, 0, event)) return;
    if (raw.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && has_slash_escape(event)) {
      return fail(span(event),
                  "not YAML: \"\\/\" is no escape in YAML 1.1, which kubectl reads; write \"/\"");
    }
    const std::string_view text = view(raw.value, raw.length);
    const std::string_view tag = view(raw.tag);
    if (builder_.wants_key() && text == "<<" &&
        (raw.plain_implicit != 0 || tag == "tag:yaml.org,2002:merge")) {
      levels_.back().merge = true;
      return builder_.key("<<", builder_.place(span(event)));
    }
    const Scalar typed =
        type_of(text, raw.plain_implicit != 0, raw.quoted_implicit != 0, tag, event);
    if (failed_) return;
    if (builder_.wants_key()) return key(typed, text, event);
    Value value = to_value(typed, text);
    value.place = builder_.place(span(event)) & Value::kPlaces;
    if (raw.anchor != nullptr)
      remember(builder_.arena().copy(view(raw.anchor)), {.value = value, .values = 1});
    add(value, 0, event);
  }

  // libyaml reads "\/" and go-yaml does not; the escape is gone from the event's value, so look at
  // the text.
  bool has_slash_escape(const Event& event) {
    const auto& text = event.data.scalar;
    if (view(text.value, text.length).find('/') == std::string_view::npos) return false;
    const std::size_t start = byte_offset(event.start_mark.index);
    const std::string_view source =
        chunk_.text.substr(start, byte_offset(event.end_mark.index) - start);
    for (std::size_t i = 0; i + 1 < source.size(); ++i) {
      if (source[i] != '\\') continue;
      if (source[i + 1] == '/') return true;
      ++i;
    }
    return false;
  }

  // libyaml's marks count characters. Asked in ascending order, so the text is walked once.
  std::size_t byte_offset(std::size_t character) {
    while (characters_ < character && bytes_ < chunk_.text.size()) {
      ++bytes_;
      while (bytes_ < chunk_.text.size() &&
             (static_cast<unsigned char>(chunk_.text[bytes_]) & 0xC0U) == 0x80U)
        ++bytes_;
      ++characters_;
    }
    return bytes_;
  }

  Scalar type_of(std::string_view text, bool plain, bool quoted, std::string_view tag,
                 const Event& event) {
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    Scalar typed;
    if (plain || (tag.starts_with(kCore) && tag != "tag:yaml.org,2002:str" && !quoted))
      typed = resolve_scalar(text);
    if (tag == "tag:yaml.org,2002:str" || tag == "tag:yaml.org,2002:binary") typed = Scalar{};
    if (!tag.empty() && !tag.starts_with(kCore)) typed = Scalar{};
    if (!typed.finite)
      fail(span(event), fmt::format("\"{}\" cannot be written as JSON, which the API reads", text));
    return typed;
  }

  Value to_value(const Scalar& typed, std::string_view text) {
    Value value;
    value.type = typed.type;
    switch (typed.type) {
      case Type::boolean:
        value.boolean = typed.boolean;
        break;
      case Type::integer:
        value.integer = typed.integer;
        break;
      case Type::real:
        value.real = typed.real;
        break;
      case Type::string: {
        const std::string_view kept = builder_.arena().copy(text);
        value.text = kept.data();
        value.size = static_cast<std::uint32_t>(kept.size());
        break;
      }
      default:
        break;
    }
    return value;
  }

  // A key is text whatever its type was: `y: 1` is {"true": 1}.
  void key(const Scalar& typed, std::string_view text, const Event& event) {
    switch (typed.type) {
      case Type::null:
        return fail(span(event), "null cannot be a key");
      case Type::boolean:
        return key(typed.boolean ? "true" : "false", event);
      case Type::integer:
        return key(fmt::format("{}", typed.integer), event);
      case Type::real:
        return key(fmt::format("{}", typed.real), event);
      default:
        return key(text, event);
    }
  }

  void key(std::string_view text, const Event& event) {
    builder_.key(builder_.arena().copy(text), builder_.place(span(event)));
  }

  void alias(const Event& event) {
    const std::string_view name = view(event.data.alias.anchor);
    const auto found = anchors_.find(name);
    if (found == anchors_.end())
      return fail(span(event), fmt::format("unknown anchor \"{}\"", name));
    const Anchored& target = found->second;
    if (target.open) return fail(span(event), fmt::format("anchor \"{}\" contains itself", name));
    if (!spend(target.values, target.height, event)) return;
    if (!builder_.wants_key()) return add(target.value, target.height, event);
    if (target.value.type != Type::string) return fail(span(event), "only text can be a key");
    key({target.value.text, target.value.size}, event);
  }

  void open(const Event& event, bool map, const yaml_char_t* anchor) {
    if (builder_.wants_key()) {
      return fail(span(event), map ? "a map cannot be a key" : "a list cannot be a key");
    }
    if (!spend(1, 1, event)) return;
    levels_.push_back(
        {.anchor = builder_.arena().copy(view(anchor)), .values_before = values_ - 1});
    if (anchor != nullptr) anchors_[levels_.back().anchor] = {.open = true};
    const std::uint32_t place = builder_.place(span(event));
    map ? builder_.open_map(place) : builder_.open_list(place);
  }

  void close(const Event& event) {
    const Level level = levels_.back();
    levels_.pop_back();
    const Value value = builder_.close(repeated_);
    builder_.set_end(value.place, position(event.end_mark));
    remember(level.anchor,
             {.value = value, .values = values_ - level.values_before, .height = level.height + 1});
    add(value, level.height + 1, event);
  }

  void remember(std::string_view anchor, Anchored value) {
    if (anchor.empty()) return;
    const auto [place, fresh] = anchors_.try_emplace(anchor, value);
    if (!fresh) place->second = value;
  }

  void add(const Value& value, std::size_t height, const Event& event) {
    if (levels_.empty()) return builder_.value(value);
    Level& level = levels_.back();
    level.height = std::max(level.height, height);
    if (!level.merge) return builder_.value(value);
    level.merge = false;
    builder_.drop_key();
    merge(value, event);
  }

  void merge(const Value& value, const Event& event) {
    if (value.type == Type::map) return builder_.merge(value);
    const std::span items(value.items, value.type == Type::list ? value.size : 0);
    const auto is_map = [](const Value& item) { return item.type == Type::map; };
    if (value.type != Type::list || !std::all_of(items.begin(), items.end(), is_map)) {
      return fail(span(event), "a merge key (<<) takes a map or a list of maps");
    }
    // Earlier maps take precedence, so they come last.
    for (auto item = items.rbegin(); item != items.rend(); ++item) builder_.merge(*item);
  }

  void report_repeated() {
    for (const DocumentBuilder::Repeated& repeated : repeated_) {
      const Position first = builder_.document().span(repeated.first).start;
      diagnostics_.push_back(
          {.span = builder_.document().span(repeated.again),
           .message =
               fmt::format("key \"{}\" stands already in line {}, column {}; keep one of them",
                           repeated.key, first.line, first.column)});
    }
  }

  YamlChunk chunk_;
  DocumentBuilder builder_{true};
  std::vector<Level> levels_;
  std::unordered_map<std::string_view, Anchored, TextHash> anchors_;  // names in the arena
  std::vector<DocumentBuilder::Repeated> repeated_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t values_ = 0;
  std::size_t characters_ = 0;  // where byte_offset() stands
  std::size_t bytes_ = 0;
  bool found_ = false;  // a document began
  bool ended_ = false;  // and ended
  bool done_ = false;
  bool failed_ = false;
};

}  // namespace

ReadDocument read_yaml(YamlChunk chunk) { return ChunkReader(chunk).read(); }

}  // namespace stateward
