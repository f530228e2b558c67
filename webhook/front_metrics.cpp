#include "webhook/front_metrics.h"

#include <string>

namespace stateward {
namespace {

// `counts` with the label that their places have.
template <typename Count, std::size_t size>
std::vector<MetricsPage::Sample> samples(const std::array<Count, size>& counts, const char* label,
                                         const std::array<std::string_view, size>& values) {
  std::vector<MetricsPage::Sample> all;
  for (std::size_t i = 0; i < size; ++i) {
    all.push_back({{{label, std::string(values[i])}},
                   static_cast<double>(counts[i].load(std::memory_order_relaxed))});
  }
  return all;
}

double value(const Traffic::Count& count) {
  return static_cast<double>(count.load(std::memory_order_relaxed));
}

}  // namespace

void write_front(const Front& front, MetricsPage& page) {
  const Traffic& traffic = front.traffic();
  page.gauge("connections", "Connections by what they are doing",
             samples(traffic.connections, "phase", kPhases));
  page.counter("connections_accepted_total", "Connections that came", value(traffic.accepted));
  page.counter("accept_failures_total", "Connections that the system could not hand over",
               value(traffic.accept_failures));
  page.counter("connection_timeouts_total", "Connections that were too long in a phase",
               samples(traffic.timeouts, "phase", kPhases));
  page.counter("tls_handshakes_total", "TLS handshakes by how they ended",
               {{{{"result", "success"}}, value(traffic.handshakes)},
                {{{"result", "failure"}}, value(traffic.handshake_failures)}});
  page.counter("malformed_requests_total", "Requests whose head is none", value(traffic.malformed));
  page.counter("admission_shed_total",
               "Requests and connections sent away for lack of room or time",
               samples(traffic.shed, "reason", kSheds));
  page.gauge("admission_bytes_in_flight", "Bytes held of requests that are not answered yet",
             static_cast<double>(front.bytes_in_flight()));
  page.gauge("admission_silence_seconds",
             "Since the slowest thread of the server has looked around",
             std::chrono::duration<double>(front.silence()).count());
}

}  // namespace stateward
