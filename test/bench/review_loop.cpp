// What one warm review costs the process, without the network: decode, judge or mend, encode.
//   review_loop FILE PATH TIMES [INVENTORY|- [watched]]
//   e.g. review_loop test/bench/reviews/allowed.json /validate 100000
// INVENTORY is a List of what is known of the namespace and the cluster; without it nothing is, and
// policies are skipped. watched: counted and logged as `serve` does it; the difference is what
// metrics and log cost. Time it with any clock; for instructions a review run it under callgrind
// with two numbers of TIMES and take the difference.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "engine/json_reader.h"
#include "policies/catalogue.h"
#include "webhook/admission_count.h"
#include "webhook/log.h"
#include "webhook/routes.h"

using namespace stateward;

namespace {

std::string content(const char* name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Parts that are shared as those of the real inventory are.
Knowledge knowledge_of(const Document& list) {
  std::vector<Object> own;
  std::vector<Object> cluster;
  for (Object& object : objects_of(list, "default"))
    (is_cluster_scoped(object.kind) ? cluster : own).push_back(object);
  using enum ObjectSet::Coverage;
  const auto first = std::make_shared<const ObjectSet>(std::move(own), complete);
  const auto second = std::make_shared<const ObjectSet>(std::move(cluster), complete);
  return {.view = [=](std::string_view) { return ObjectSet(first, second, complete); },
          .knows = [](auto...) { return false; },
          .kubernetes = [] { return kLatestKubernetes; }};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 6)
    return std::fprintf(stderr, "usage: review_loop FILE PATH TIMES [INVENTORY|- [watched]]\n"), 2;
  const std::string body = content(argv[1]);
  const bool known = argc > 4 && std::string_view(argv[4]) != "-";
  const ReadDocument inventory = known ? read_json(content(argv[4]), Places::skip) : ReadDocument{};
  if (known && !inventory.document) return std::fprintf(stderr, "%s is no inventory\n", argv[4]), 1;
  Log log;
  AdmissionCount count(policies::all_policies());
  Serving serving{
      .version = "bench",
      .policies = policies::all_policies(),
      .injections = policies::all_injections(),
      .knowledge = known ? knowledge_of(*inventory.document) : Knowledge{},
      .now = [] { return std::chrono::sys_seconds(std::chrono::seconds(1'795'000'000)); }};
  if (argc > 5) {
    serving.observe = [&](const Answered& answered) {
      count.answered(answered);
      log.answered(answered);
    };
    serving.failed = [&](Door door, int status) { count.failed(door, status); };
  }
  const Routes routes(std::move(serving));
  std::size_t bytes = 0;
  const long times = std::strtol(argv[3], nullptr, 10);
  for (long i = 0; i < times; ++i) {
    const auto reply = std::get<HttpReply>(routes.admission({.method = "POST",
                                                             .path = argv[2],
                                                             .query = "timeout=3s",
                                                             .content_type = "application/json",
                                                             .body = body}));
    if (reply.status != 200)
      return std::fprintf(stderr, "status %d: %s\n", reply.status, reply.body.c_str()), 1;
    bytes += reply.body.size();
  }
  std::printf("%ld reviews of %zu bytes, %zu bytes of replies\n", times, body.size(), bytes);
}
