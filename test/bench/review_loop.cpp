// What one warm review costs the process, without the network: decode, judge or mend, encode.
//   review_loop FILE PATH TIMES [watched]     e.g. review_loop test/reviews/002-create-statefulsets-by-admin.json /validate 100000
// watched: counted and logged as `serve` does it; the difference is what metrics and log cost.
// Time it with any clock; for instructions a review run it under callgrind with two numbers of TIMES and take the difference.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "policies/catalogue.h"
#include "webhook/admission_count.h"
#include "webhook/log.h"
#include "webhook/routes.h"

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: review_loop FILE PATH TIMES [watched]\n"), 2;
  std::ifstream file(argv[1], std::ios::binary);
  const std::string body{std::istreambuf_iterator<char>(file), {}};
  stateward::Log log;
  stateward::AdmissionCount count(stateward::policies::all_policies());
  stateward::Serving serving{.version = "bench",
                             .policies = stateward::policies::all_policies(),
                             .injections = stateward::policies::all_injections(),
                             .now = [] { return std::chrono::sys_seconds(std::chrono::seconds(1'795'000'000)); }};
  if (argc > 4) {
    serving.observe = [&](const stateward::Answered& answered) {
      count.answered(answered);
      log.answered(answered);
    };
    serving.failed = [&](stateward::Door door, int status) { count.failed(door, status); };
  }
  const stateward::Routes routes(std::move(serving));
  std::size_t bytes = 0;
  const long times = std::strtol(argv[3], nullptr, 10);
  for (long i = 0; i < times; ++i) {
    const auto reply = std::get<stateward::HttpReply>(routes.admission(
        {.method = "POST", .path = argv[2], .query = "timeout=3s", .content_type = "application/json", .body = body}));
    if (reply.status != 200) return std::fprintf(stderr, "status %d: %s\n", reply.status, reply.body.c_str()), 1;
    bytes += reply.body.size();
  }
  std::printf("%ld reviews of %zu bytes, %zu bytes of replies\n", times, body.size(), bytes);
}
