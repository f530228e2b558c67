#include "engine/text_hash.h"

#include <cstring>
#include <random>

namespace stateward {
namespace {

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61U) - 1;
__extension__ using Wide = unsigned __int128;

std::uint64_t drawn() {
  std::random_device device;
  return std::uniform_int_distribution<std::uint64_t>(std::uint64_t{1} << 32U, kPrime - 1)(device);
}

const std::uint64_t kPoint = drawn();

std::uint64_t step(std::uint64_t hash, std::uint64_t word) {
  const Wide product = Wide{hash} * kPoint + word;
  const std::uint64_t sum =
      (static_cast<std::uint64_t>(product) & kPrime) + static_cast<std::uint64_t>(product >> 61U);
  return sum >= kPrime ? sum - kPrime : sum;
}

}  // namespace

std::size_t TextHash::operator()(std::string_view text) const noexcept {
  constexpr std::size_t kWord = sizeof(std::uint32_t);
  std::uint64_t hash = text.size() + 1;
  for (; text.size() >= kWord; text.remove_prefix(kWord)) {
    std::uint32_t word = 0;
    std::memcpy(&word, text.data(), kWord);
    hash = step(hash, word);
  }
  std::uint32_t word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  return step(step(hash, word), 0);
}

}  // namespace stateward
