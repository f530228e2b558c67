// The same manifests, written otherwise: what a person could have written who meant the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stateward {

// What of it is done; which of the possible ways, the seed decides.
struct Variation {
  bool order = false;       // of members, and of documents behind the first
  bool names = false;       // other ones of the same length
  bool containers = false;  // one more that nobody complains about, in front
  bool strangers = false;   // other objects, in a namespace of their own
  bool list = false;        // all in one List, where there is no review
  enum class Style : std::uint8_t { block, wide_block, flow, json } style = Style::block;
};

// Where strangers live.
inline constexpr std::string_view kElsewhere = "elsewhere";

class Varied {
 public:
  Varied(std::string_view text, const Variation& variation, std::uint32_t seed);

  const std::string& text() const { return text_; }
  // What became of a name, or of a text with names in it.
  std::string renamed(std::string_view text) const;

 private:
  bool names_;
  std::string words_;  // that are renamed, each between spaces
  std::string text_;
};

}  // namespace stateward
