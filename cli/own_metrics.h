// What serve and control both tell on their pages of metrics.
#pragma once

#include <chrono>
#include <string_view>

#include "cli/live_settings.h"
#include "cluster/inventory.h"
#include "webhook/log.h"
#include "webhook/metrics.h"

namespace stateward {

// `component`: "webhook" or "controller".
void write_build(std::string_view component, MetricsPage& page);
void write_settings(const LiveSettings& settings, MetricsPage& page);
void write_inventory(const Inventory& inventory, MetricsPage& page);
void write_log(const Log& log, MetricsPage& page);
// `kind`: "leaf" or "ca". To be called once a page.
void write_certificate(std::string_view kind, std::chrono::sys_seconds ends,
                       std::chrono::seconds life, MetricsPage& page);

}  // namespace stateward
