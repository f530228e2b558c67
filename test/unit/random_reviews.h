// Reviews that no API server would think of, made from those that one sent: the same again for the
// same seed.
#pragma once

#include <nlohmann/json.hpp>
#include <random>
#include <vector>

namespace stateward {

class RandomReviews {
 public:
  explicit RandomReviews(unsigned seed);
  // Well-formed as a review (version, kind, uid, operation, an object where there must be one);
  // what is in the objects is anybody's guess.
  nlohmann::json next();

 private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  nlohmann::json& any_value(nlohmann::json& root);
  void change_envelope(nlohmann::json& review);
  void change_metadata(nlohmann::json& object);
  void change_anything(nlohmann::json& object);
  std::string text();
  nlohmann::json junk();

  std::mt19937 random_;
  std::vector<nlohmann::json> recorded_;
};

}  // namespace stateward
