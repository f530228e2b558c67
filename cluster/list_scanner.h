// Takes a Kubernetes List apart while it arrives, so that no page is ever held as a whole: each
// entry of "items" is handed out as text as soon as its last byte is there. What stands around the
// items stays, and is small.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace stateward {

class ListScanner {
 public:
  // An entry that is larger than this is an error: the API server itself takes no more than 3 MiB.
  static constexpr std::size_t kLargestItem = std::size_t{8} << 20;

  explicit ListScanner(std::function<void(std::string_view)> on_item)
      : on_item_(std::move(on_item)) {}

  // The next bytes of the list. False where an item is too large, or the text around the items.
  bool add(std::string_view bytes);
  // The list without its items, once all of it was added: "items" is an empty list then.
  const std::string& envelope() const { return envelope_; }

 private:
  void take(char c);
  void structure(char c);
  bool at_items_key() const;

  std::function<void(std::string_view)> on_item_;
  std::string envelope_;
  std::string item_;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_items_ = false;  // between the brackets of "items", at depth 2
};

}  // namespace stateward
