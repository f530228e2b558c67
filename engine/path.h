// The place of a value inside an object: a JSON Pointer (RFC 6901). Everything that points
// (findings, fixes, patches) points with a Path first; files, lines and columns come only when it
// is printed.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stateward {

class Path {
 public:
  Path() = default;  // the whole object
  // `pointer` is a JSON Pointer as it is written: "/spec/template", members already escaped.
  // NOLINTNEXTLINE(google-explicit-constructor): paths read as literals
  Path(std::string_view pointer) : text_(pointer) {}
  // NOLINTNEXTLINE(google-explicit-constructor): paths read as literals
  Path(const char* pointer) : text_(pointer) {}

  // One step further: a member by its unescaped name, or an entry by its index.
  Path operator/(std::string_view member) const& { return Path(*this) / member; }
  Path operator/(const char* member) const& { return *this / std::string_view(member); }
  Path operator/(std::size_t index) const& { return Path(*this) / index; }
  // A path on its way grows in place.
  Path operator/(std::string_view member) &&;
  Path operator/(const char* member) && { return std::move(*this) / std::string_view(member); }
  Path operator/(std::size_t index) &&;

  const std::string& text() const { return text_; }
  // The unescaped steps, outermost first.
  std::vector<std::string> steps() const;

  auto operator<=>(const Path&) const = default;

 private:
  std::string text_;
};

// An array index as RFC 6901 writes it ("0", "12", no leading zeros); anything else is npos.
std::size_t parse_index(std::string_view step);

}  // namespace stateward
