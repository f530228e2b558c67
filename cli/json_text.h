// JSON as reports write it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace stateward {

using ReportJson = nlohmann::ordered_json;

// ASCII only, so that no terminal and no log can be made to do anything. What is no UTF-8 becomes
// U+FFFD.
inline std::string to_ascii(const ReportJson& json) {
  return json.dump(-1, ' ', true, ReportJson::error_handler_t::replace);
}

}  // namespace stateward
