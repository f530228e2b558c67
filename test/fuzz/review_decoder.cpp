// Laws of the admission path: any bytes get an answer and never an exception; whoever can be answered gets a 200 with
// valid JSON; a validating path sends no patch; a patch that is sent applies.
#include <nlohmann/json.hpp>

#include "engine/patch.h"
#include "policies/catalogue.h"
#include "test/fuzz/law.h"
#include "webhook/answer.h"
#include "webhook/review.h"

using namespace stateward;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto policies = policies::all_policies();
  static const auto injections = policies::all_injections();
  static const ObjectSet nothing;
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  const auto review = decode_review(body);
  if (!review) {
    LAW(!review.error().reason.empty());
    for (const Door door : {Door::mutate, Door::validate, Door::observe, Door::guard}) {
      const AdmissionResponse response = answer(review.error(), door).response;
      LAW(response.allowed == (door != Door::guard));
    }
    return 0;
  }
  for (const Door door : {Door::mutate, Door::validate, Door::observe, Door::guard}) {
    const AdmissionResponse response =
        answer(*review, door, {.policies = policies, .injections = injections, .set = nothing, .today = {2026, 11, 21}})
            .response;
    LAW(door == Door::mutate || response.patch.empty());
    LAW(door != Door::observe || response.allowed);
    if (!response.patch.empty()) LAW(apply_patch(review->object, response.patch));
    const std::string encoded = encode_review(review->api_version, review->uid, response);
    LAW(nlohmann::json::accept(encoded));
    for (const std::string& warning : response.warnings) LAW(warning.size() <= 120);
  }
  return 0;
}
