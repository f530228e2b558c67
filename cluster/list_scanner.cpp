// Only strings and brackets are looked at. An item is what stands between its first brace at depth
// 2, inside the list that follows the key "items" at depth 1, and the brace that closes it. Whether
// it is JSON at all is for its reader to say.

#include "cluster/list_scanner.h"

namespace stateward {

bool ListScanner::add(std::string_view bytes) {
  for (const char c : bytes) take(c);
  return item_.size() <= kLargestItem && envelope_.size() <= kLargestItem;
}

void ListScanner::take(char c) {
  const bool inside = in_items_ && depth_ > 2;
  if (in_string_) {
    (inside ? item_ : envelope_) += c;
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return;
  }
  if (c == '"') in_string_ = true;
  if (c == '{' || c == '[' || c == '}' || c == ']') return structure(c);
  // Commas between items would be left over.
  if (in_items_ && depth_ == 2 && c == ',') return;
  (inside ? item_ : envelope_) += c;
}

void ListScanner::structure(char c) {
  if (c == '{' || c == '[') {
    if (depth_ == 1 && c == '[' && at_items_key()) in_items_ = true;
    ++depth_;
    (in_items_ && depth_ > 2 ? item_ : envelope_) += c;
    return;
  }
  (in_items_ && depth_ > 2 ? item_ : envelope_) += c;
  --depth_;
  if (in_items_ && depth_ == 2) {
    on_item_(item_);
    item_.clear();
  }
  if (in_items_ && depth_ == 1) in_items_ = false;
}

// Whether what stands just before is the key "items" and its colon. A longer key may end in the
// same letters, the quote escaped.
bool ListScanner::at_items_key() const {
  constexpr std::string_view kKey = "\"items\"";
  const auto skip_space = [&](std::size_t end) {
    while (end > 0 && (envelope_[end - 1] == ' ' || envelope_[end - 1] == '\n' ||
                       envelope_[end - 1] == '\t' || envelope_[end - 1] == '\r'))
      --end;
    return end;
  };
  std::size_t end = skip_space(envelope_.size());
  if (end == 0 || envelope_[end - 1] != ':') return false;
  end = skip_space(end - 1);
  if (!std::string_view(envelope_).substr(0, end).ends_with(kKey)) return false;
  end = skip_space(end - kKey.size());
  return end > 0 && (envelope_[end - 1] == '{' || envelope_[end - 1] == ',');
}

}  // namespace stateward
