// Writes JSON text straight into a string, without a tree in between: for the admission path, where
// the response and its patch are written. Invalid UTF-8 becomes U+FFFD, so that what is written is
// always valid JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/document.h"

namespace stateward {

// Callers keep the grammar: key() before each member's value, matching begin and end. Commas are
// put by the writer.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& integer(std::int64_t number);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& node(Node node);             // a whole subtree as it was read
  JsonWriter& raw(std::string_view json);  // text that is JSON already

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  bool comma_ = false;  // something stands before us at this level
};

// `text` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);
std::string to_json(Node node);

}  // namespace stateward
