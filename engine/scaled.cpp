#include "engine/scaled.h"

#include <charconv>
#include <string_view>

namespace stateward {

std::optional<std::int64_t> scaled(Node node, std::int64_t total, Round round) {
  if (node.is_integer()) return node.integer();
  std::string_view text = node.text();
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  std::int64_t share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc() || end != text.data() + text.size() || share < 0 || share > 10'000)
    return std::nullopt;
  constexpr std::int64_t kWhole = 100;
  return (share * total + (round == Round::up ? kWhole - 1 : 0)) / kWhole;
}

}  // namespace stateward
