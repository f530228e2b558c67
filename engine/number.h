// Decimal numbers as Go reads them, and so the API server: what is written without fraction and
// exponent and fits into 64 bits is whole; all else is real, zero where it is too small, and
// nothing where it is too large (strconv.ParseFloat).
#pragma once

#include <optional>
#include <string_view>

#include "engine/document.h"

namespace stateward {

// Whether `c` may stand behind a JSON number, true, false or null.
bool ends_json_word(char c);

// The number with which `text` begins (RFC 8259 section 6). Sets what it is, not where. False where
// there is none.
bool read_json_number(std::string_view text, Value& into);

// `decimal` is written as JSON or YAML writes numbers, without a leading plus.
std::optional<double> read_real(std::string_view decimal);

}  // namespace stateward
