#include "cli/live_settings.h"

#include <fmt/format.h>

#include <utility>

#include "cli/inputs.h"
#include "cli/settings_file.h"

namespace stateward {

namespace {

std::chrono::sys_seconds clock_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

LiveSettings::LiveSettings(const Source& source, Say say, Say complain)
    : file_(source.file),
      say_(std::move(say)),
      complain_(complain ? std::move(complain) : say_),
      reloads_({.last_used = clock_time()}) {}

Result<std::unique_ptr<LiveSettings>> LiveSettings::start(const Source& source, Say say,
                                                          Say complain) {
  std::unique_ptr<LiveSettings> live(new LiveSettings(source, std::move(say), std::move(complain)));
  if (!source.file.empty()) {
    if (std::string problem = live->read_file(); !problem.empty()) return fail(std::move(problem));
  } else if (source.cluster) {
    live->watch_ = std::make_unique<SettingsWatch>(
        source.cluster, source.name_space,
        [settings = live.get()](const std::optional<std::string>& text) {
          settings->complain(settings->use(text, kSettingsConfigMap));
        },
        live->complain_);
  }
  return live;
}

std::shared_ptr<const Settings> LiveSettings::now() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

LiveSettings::Reloads LiveSettings::reloads() const {
  const std::lock_guard lock(mutex_);
  return reloads_;
}

std::string LiveSettings::use(const std::optional<std::string>& text, std::string_view name) {
  SettingsReading reading;
  if (text) reading = read_settings(*text, std::string(name));
  if (!reading.problems.empty()) {
    std::string problem = lines_of(reading.problems);
    refuse(problem);
    return problem;
  }
  {
    const std::lock_guard lock(mutex_);
    problem_.clear();
    current_ = std::move(reading.settings);
    reloads_.used += 1;
    reloads_.last_used = clock_time();
    reloads_.good = true;
  }
  say_(text ? fmt::format("settings of {} hold", name)
            : "there are no settings: the defaults hold");
  return {};
}

void LiveSettings::refuse(std::string_view problem) {
  const std::lock_guard lock(mutex_);
  problem_ = problem;
  reloads_.refused += 1;
  reloads_.good = false;
}

void LiveSettings::complain(std::string_view problem) const {
  if (!problem.empty()) complain_(fmt::format("settings are wrong and not used: {}", problem));
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

// What is wrong with it where that is news; what stays wrong is counted and told once.
std::string LiveSettings::read_file() {
  auto text = read_input({.name = file_, .path = file_});
  if (text) {
    unread_.clear();
    if (read_ == *text) return {};
    read_ = std::move(*text);
    return use(read_, file_);
  }
  std::string problem = fmt::format("{}: {}", file_, text.error().message);
  read_.reset();  // when it is back it is news, whatever it says
  if (problem == unread_) return {};
  unread_ = problem;
  refuse(problem);
  return problem;
}

void LiveSettings::reread() {
  if (!file_.empty()) complain(read_file());
}

}  // namespace stateward
