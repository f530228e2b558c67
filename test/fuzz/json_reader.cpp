// Laws of the JSON reader: it accepts what nlohmann/json accepts and nothing else, but for
// duplicates, depth, numbers beyond 64 bits and lone scalars, where it is stricter; what was read
// is written and read back equal. Without places it is read another way, and alike.
#include "engine/json_reader.h"

#include <nlohmann/json.hpp>

#include "engine/json_writer.h"
#include "test/fuzz/law.h"

using namespace stateward;

namespace {

bool stricter(const ReadDocument& read) {
  for (const char* reason :
       {"nested deeper", "too large", "expected an object", "malformed structure"}) {
    if (read.diagnostics.front().message.find(reason) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const ReadDocument read = read_json(text, Places::keep);
  const ReadDocument bare = read_json(text, Places::skip);
  // An exponent of more than 18 digits is refused where places are kept, and read otherwise.
  const bool number = !read.document && read.diagnostics.front().message.find("too large") != std::string::npos;
  LAW(number || bare.document.has_value() == read.document.has_value());
  LAW(number || bare.diagnostics.size() == read.diagnostics.size());
  LAW(!bare.document || !read.document || equal(bare.document->node(), read.document->node()));
  // nlohmann 3.11 takes a byte order mark, and a NUL byte for the end.
  const bool comparable = !text.starts_with("\xEF\xBB\xBF") && text.find('\0') == std::string_view::npos;
  const bool theirs = nlohmann::json::accept(text);
  if (!read.document) {
    LAW(!read.diagnostics.empty());
    LAW(!comparable || !theirs || stricter(read));
    return 0;
  }
  LAW(!comparable || theirs);
  for (const Span& span : read.document->spans) LAW(!span.known() || span.start < span.end);
  const ReadDocument again = read_json(to_json(read.document->node()), Places::skip);
  LAW(again.document);
  LAW(equal(again.document->node(), read.document->node()));
  return 0;
}
