// A stateward.yaml: what users decided, read and checked. The same text is in a cluster's
// ConfigMap.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic.h"
#include "engine/settings.h"

namespace stateward {

inline constexpr std::string_view kSettingsFile = "stateward.yaml";

// The JSON Schema of settings (draft 7), made of the policies and injections of this build.
nlohmann::json settings_schema();

struct SettingsReading {
  std::shared_ptr<const Settings> settings;  // absent where there are problems
  std::vector<Diagnostic> problems;          // by place
};

// `name` is what problems call the file. Unknown keys are problems too, with the nearest known one.
SettingsReading read_settings(std::string_view text, const std::string& name);

// The stateward.yaml of `folder` or of the nearest folder above it that has one, not beyond the
// root of a repository; as a path from `folder`.
std::optional<std::filesystem::path> find_settings(const std::filesystem::path& folder);

struct SettingsOptions {
  std::string file;  // empty: found upward from the working folder
  bool none = false;
};

// What holds for this run: none where there is no file. Errors name the place of each problem, a
// line each.
Result<std::shared_ptr<const Settings>> load_settings(const SettingsOptions& options);

}  // namespace stateward
