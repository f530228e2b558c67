#include "webhook/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>

namespace stateward {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

std::vector<ClientMetric::Label> label(MetricsPage::Labels labels) {
  std::vector<ClientMetric::Label> all;
  all.reserve(labels.size());
  for (auto& [name, value] : labels) all.push_back({std::move(name), std::move(value)});
  return all;
}

}  // namespace

struct MetricsPage::Families {
  std::vector<prometheus::MetricFamily> all;

  std::vector<ClientMetric>& add(std::string_view name, std::string_view help, MetricType type) {
    all.push_back(
        {.name = "stateward_" + std::string(name), .help = std::string(help), .type = type});
    return all.back().metric;
  }
};

MetricsPage::MetricsPage() : families_(std::make_unique<Families>()) {}
MetricsPage::~MetricsPage() = default;

void MetricsPage::counter(std::string_view name, std::string_view help,
                          std::vector<Sample> samples) {
  auto& metrics = families_->add(name, help, MetricType::Counter);
  for (auto& [labels, value] : samples)
    metrics.push_back({.label = label(std::move(labels)), .counter = {value}});
}

void MetricsPage::gauge(std::string_view name, std::string_view help, std::vector<Sample> samples) {
  auto& metrics = families_->add(name, help, MetricType::Gauge);
  for (auto& [labels, value] : samples)
    metrics.push_back({.label = label(std::move(labels)), .gauge = {value}});
}

void MetricsPage::counter(std::string_view name, std::string_view help, double value) {
  counter(name, help, {{.labels = {}, .value = value}});
}

void MetricsPage::gauge(std::string_view name, std::string_view help, double value) {
  gauge(name, help, {{.labels = {}, .value = value}});
}

void MetricsPage::histogram(std::string_view name, std::string_view help,
                            std::vector<Distribution> distributions) {
  auto& metrics = families_->add(name, help, MetricType::Histogram);
  for (Distribution& distribution : distributions) {
    ClientMetric::Histogram histogram{.sample_sum = distribution.sum};
    for (std::size_t i = 0; i < distribution.counts.size(); ++i) {
      histogram.sample_count += distribution.counts[i];
      histogram.bucket.push_back(
          {histogram.sample_count, i < distribution.bounds.size()
                                       ? distribution.bounds[i]
                                       : std::numeric_limits<double>::infinity()});
    }
    metrics.push_back(
        {.label = label(std::move(distribution.labels)), .histogram = std::move(histogram)});
  }
}

std::string MetricsPage::text() const {
  return prometheus::TextSerializer().Serializer::Serialize(families_->all);
}

}  // namespace stateward
