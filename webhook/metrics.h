// The page that Prometheus reads: values as they are at this moment, written in its text format
// (version 0.0.4). Whoever counts keeps the counts; a page is filled anew each time somebody asks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stateward {

class MetricsPage {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;
  struct Sample {
    Labels labels;
    double value = 0;
  };
  // How many values are up to each bound; the last count is of those above all bounds.
  struct Distribution {
    Labels labels;
    std::span<const double> bounds;
    std::vector<std::uint64_t> counts;
    double sum = 0;
  };
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  MetricsPage();
  MetricsPage(const MetricsPage&) = delete;
  MetricsPage& operator=(const MetricsPage&) = delete;
  ~MetricsPage();

  // Names get the prefix "stateward_". Each is to be used once, `help` is one clause.
  void counter(std::string_view name, std::string_view help, std::vector<Sample> samples);
  void gauge(std::string_view name, std::string_view help, std::vector<Sample> samples);
  void histogram(std::string_view name, std::string_view help,
                 std::vector<Distribution> distributions);
  // Without labels.
  void counter(std::string_view name, std::string_view help, double value);
  void gauge(std::string_view name, std::string_view help, double value);

  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace stateward
