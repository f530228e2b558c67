// `stateward settings`: whether settings are right, and what is in force and from where.
#pragma once

#include <cstdint>
#include <string>

#include "cli/settings_file.h"

namespace stateward {

struct SettingsCommandOptions {
  enum class What : std::uint8_t { check, show, schema };
  enum class Format : std::uint8_t { text, json };

  What what = What::check;
  SettingsOptions settings;
  Format format = Format::text;
  // show: what holds for an object such as this; empty matches as a name that nobody has.
  std::string name_space = "default";
  std::string kind = "StatefulSet";
  std::string name;
};

// 0; 1: check found something wrong; 2: there is no such file, or show cannot read it.
int run(const SettingsCommandOptions& options);

}  // namespace stateward
