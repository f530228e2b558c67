#include "cli/live_settings.h"

#include <fmt/format.h>

#include <utility>

#include "cli/inputs.h"
#include "cli/settings_file.h"

namespace stateward {

Result<std::unique_ptr<LiveSettings>> LiveSettings::start(
    const Source& source, std::function<void(std::string_view)> say) {
  std::unique_ptr<LiveSettings> live(new LiveSettings(source, std::move(say)));
  if (!source.file.empty()) {
    if (auto read = live->read_file(); !read) return tl::unexpected(read.error());
  } else if (source.cluster) {
    live->watch_ = std::make_unique<SettingsWatch>(
        source.cluster, source.name_space,
        [settings = live.get()](const std::optional<std::string>& text) {
          if (const std::string problems = settings->use(text, kSettingsConfigMap);
              !problems.empty())
            settings->say_(fmt::format("settings are wrong and not used: {}", problems));
        },
        live->say_);
  }
  return live;
}

std::shared_ptr<const Settings> LiveSettings::now() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::string LiveSettings::use(const std::optional<std::string>& text, std::string_view name) {
  SettingsReading reading;
  if (text) reading = read_settings(*text, std::string(name));
  std::string problem = lines_of(reading.problems);
  {
    const std::lock_guard lock(mutex_);
    problem_ = problem;
    if (!problem.empty()) return problem;
    current_ = std::move(reading.settings);
  }
  say_(text ? fmt::format("settings of {} hold", name)
            : "there are no settings: the defaults hold");
  return problem;
}

HealthCheck LiveSettings::check() const {
  const std::lock_guard lock(mutex_);
  std::string note =
      current_ ? fmt::format("those of {}", current_->content().name) : "none: the defaults hold";
  if (!problem_.empty()) {
    note += fmt::format("; newer ones are wrong and not used: {}",
                        problem_.substr(0, problem_.find('\n')));
  }
  return {"settings", true, std::move(note)};
}

Result<void> LiveSettings::read_file() {
  auto text = read_input({.name = file_, .path = file_});
  if (!text) return fail(fmt::format("{}: {}", file_, text.error().message));
  if (read_ == *text) return {};
  read_ = std::move(*text);
  std::string problems = use(read_, file_);
  if (!problems.empty()) return fail(std::move(problems));
  return {};
}

void LiveSettings::reread() {
  if (file_.empty()) return;
  const auto read = read_file();
  // What stays wrong is said once.
  const std::string problem = read ? "" : read.error().message;
  if (!problem.empty() && problem != told_)
    say_(fmt::format("settings are wrong and not used: {}", problem));
  told_ = problem;
}

}  // namespace stateward
