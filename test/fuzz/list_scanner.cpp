// Laws of the list scanner: the size of the pieces in which a list arrives changes nothing; what is
// handed out stands in the list, in order; of a list that JSON's reader takes, the items are those
// of "items", and the envelope is all the rest.
#include "cluster/list_scanner.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "test/fuzz/law.h"

using namespace stateward;
using Json = nlohmann::json;

namespace {

struct Taken {
  std::vector<std::string> items;
  std::string envelope;
  bool operator==(const Taken&) const = default;
};

Taken taken(std::string_view text, std::size_t piece) {
  Taken all;
  ListScanner scanner([&](std::string_view item) { all.items.emplace_back(item); });
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    LAW(scanner.add(text.substr(0, piece)));
  all.envelope = scanner.envelope();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Taken whole = taken(text, size + 1);
  for (const std::size_t piece : {1U, 2U, 3U, 16U}) LAW(taken(text, piece) == whole);
  std::size_t at = 0;
  for (const std::string& item : whole.items) {
    at = text.find(item, at);
    LAW(at != std::string_view::npos);
    at += item.size();
  }
  // Lists as an API server writes them: one "items", of objects.
  if (text.find('\0') != std::string_view::npos) return 0;
  if (text.find("\"items\"") != text.rfind("\"items\"")) return 0;
  Json list = Json::parse(text, nullptr, false);
  if (!list.is_object() || !list.contains("items") || !list["items"].is_array()) return 0;
  const Json items = std::exchange(list["items"], Json::array());
  if (!std::all_of(items.begin(), items.end(), [](const Json& one) { return one.is_object(); }))
    return 0;
  if (text.find("\"items\"") == std::string_view::npos) return 0;  // written with escapes
  Json found = Json::array();
  for (const std::string& item : whole.items) found.push_back(Json::parse(item, nullptr, false));
  LAW(found == items);
  LAW(Json::parse(whole.envelope, nullptr, false) == list);
  return 0;
}
