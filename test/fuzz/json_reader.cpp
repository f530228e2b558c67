// Laws of the JSON reader: it accepts what nlohmann/json accepts and nothing else, but for
// duplicates, depth and lone scalars, where it is stricter, and finds the same in it; what was read
// is written and read back equal. Without places it is read another way, and alike.
#include "engine/json_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/json_writer.h"
#include "test/fuzz/law.h"

using namespace stateward;
using Json = nlohmann::json;

namespace {

bool stricter(const ReadDocument& read) {
  for (const char* reason : {"nested deeper", "expected an object", "malformed structure"}) {
    if (read.diagnostics.front().message.find(reason) != std::string::npos) return true;
  }
  return false;
}

bool alike(Node ours, const Json& theirs) {
  switch (ours.type()) {
    case Type::null:
      return theirs.is_null();
    case Type::boolean:
      return theirs.is_boolean() && ours.boolean(false) == theirs.get<bool>();
    case Type::integer:
      return theirs.is_number_integer() && ours.integer(0) == theirs.get<std::int64_t>();
    case Type::real:  // of integers only those that are none to us
      return theirs.is_number() && ours.real() == theirs.get<double>() &&
             (!theirs.is_number_integer() || theirs.get<std::uint64_t>() > INT64_MAX);
    case Type::string:
      return theirs.is_string() && ours.text() == theirs.get_ref<const std::string&>();
    case Type::list:
      return theirs.is_array() && std::ranges::equal(ours.items(), theirs, alike);
    case Type::map:
      return theirs.is_object() && ours.size() == theirs.size() &&
             std::ranges::all_of(ours.members(), [&](const auto& member) {
               const auto found = theirs.find(std::string(member.key));
               return found != theirs.end() && alike(member.value, *found);
             });
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const ReadDocument read = read_json(text, Places::keep);
  const ReadDocument bare = read_json(text, Places::skip);
  LAW(bare.document.has_value() == read.document.has_value());
  LAW(bare.diagnostics.size() == read.diagnostics.size());
  LAW(!bare.document || equal(bare.document->node(), read.document->node()));
  // nlohmann 3.11 takes a byte order mark, and a NUL byte for the end.
  const bool comparable =
      !text.starts_with("\xEF\xBB\xBF") && text.find('\0') == std::string_view::npos;
  const Json theirs = Json::parse(text, nullptr, false);
  if (!read.document) {
    LAW(!read.diagnostics.empty());
    LAW(!comparable || theirs.is_discarded() || stricter(read));
    return 0;
  }
  LAW(!comparable || !theirs.is_discarded());
  LAW(!comparable || !read.diagnostics.empty() || alike(read.document->node(), theirs));
  for (const Span& span : read.document->spans) LAW(!span.known() || span.start < span.end);
  const ReadDocument again = read_json(to_json(read.document->node()), Places::skip);
  LAW(again.document);
  LAW(equal(again.document->node(), read.document->node()));
  return 0;
}
