#include "cli/own_metrics.h"

#include <string>

#include "cli/version.h"

namespace stateward {
namespace {

double seconds(std::chrono::sys_seconds time) {
  return static_cast<double>(time.time_since_epoch().count());
}

}  // namespace

void write_build(std::string_view component, MetricsPage& page) {
  page.gauge("build_info", "Always 1; which program this is",
             {{{{"version", std::string(version())}, {"component", std::string(component)}}, 1}});
}

void write_settings(const LiveSettings& settings, MetricsPage& page) {
  const LiveSettings::Reloads reloads = settings.reloads();
  page.counter("settings_reload_total", "Settings that were read, by whether they are used",
               {{{{"result", "success"}}, static_cast<double>(reloads.used)},
                {{{"result", "failure"}}, static_cast<double>(reloads.refused)}});
  page.gauge("settings_last_reload_successful", "1 where the newest settings hold",
             reloads.good ? 1 : 0);
  page.gauge("settings_last_reload_success_timestamp_seconds", "Since when the settings hold",
             seconds(reloads.last_used));
}

void write_inventory(const Inventory& inventory, MetricsPage& page) {
  page.gauge("inventory_filled", "1 once every watch has delivered all its objects",
             inventory.filled() ? 1 : 0);
  page.gauge("inventory_age_seconds", "Since the most silent watch was heard of",
             static_cast<double>(inventory.staleness().count()));
  page.gauge("inventory_objects", "Objects of the cluster that are known",
             static_cast<double>(inventory.size()));
}

void write_log(const Log& log, MetricsPage& page) {
  page.counter("log_dropped_total", "Lines that could not be written in time or at all",
               static_cast<double>(log.dropped()));
}

void write_certificate(std::string_view kind, std::chrono::sys_seconds ends,
                       std::chrono::seconds life, MetricsPage& page) {
  page.gauge("certificate_not_after_seconds", "When the certificate ends, in Unix time",
             {{{{"kind", std::string(kind)}}, seconds(ends)}});
  page.gauge("certificate_life_seconds", "How long it holds in all",
             {{{{"kind", std::string(kind)}}, static_cast<double>(life.count())}});
}

}  // namespace stateward
