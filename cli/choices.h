// What options choose from: the words that a person types, and what each of them means. The help,
// the refusal of any other word and what a shell completes are made of these.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "cli/certs.h"
#include "cli/completion.h"
#include "cli/doctor.h"
#include "cli/explain.h"
#include "cli/settings.h"
#include "cli/validate.h"
#include "webhook/log.h"

namespace stateward {

template <typename T>
using Choice = std::pair<std::string_view, T>;

inline constexpr Choice<ReportOptions::Format> kFormats[] = {
    {"text", ReportOptions::Format::text},        {"json", ReportOptions::Format::json},
    {"sarif", ReportOptions::Format::sarif},      {"junit", ReportOptions::Format::junit},
    {"github", ReportOptions::Format::github},    {"gitlab", ReportOptions::Format::gitlab},
    {"markdown", ReportOptions::Format::markdown}};
inline constexpr Choice<DoctorOptions::Format> kDoctorFormats[] = {
    {"text", DoctorOptions::Format::text}, {"json", DoctorOptions::Format::json}};
inline constexpr Choice<ExplainOptions::Format> kExplainFormats[] = {
    {"text", ExplainOptions::Format::text},
    {"markdown", ExplainOptions::Format::markdown},
    {"json", ExplainOptions::Format::json}};
inline constexpr Choice<CertsInspectOptions::Format> kCertsFormats[] = {
    {"text", CertsInspectOptions::Format::text}, {"json", CertsInspectOptions::Format::json}};
inline constexpr Choice<SettingsCommandOptions::Format> kSettingsFormats[] = {
    {"text", SettingsCommandOptions::Format::text}, {"json", SettingsCommandOptions::Format::json}};
inline constexpr Choice<LogFormat> kLogFormats[] = {{"text", LogFormat::text},
                                                    {"json", LogFormat::json}};
inline constexpr Choice<LogLevel> kLogLevels[] = {{"debug", LogLevel::debug},
                                                  {"info", LogLevel::info},
                                                  {"warning", LogLevel::warning},
                                                  {"error", LogLevel::error}};
inline constexpr Choice<CompletionOptions::Shell> kShells[] = {
    {"bash", CompletionOptions::Shell::bash},
    {"zsh", CompletionOptions::Shell::zsh},
    {"fish", CompletionOptions::Shell::fish}};
inline constexpr Choice<ReportOptions::Color> kColors[] = {
    {"auto", ReportOptions::Color::automatic},
    {"always", ReportOptions::Color::always},
    {"never", ReportOptions::Color::never}};
inline constexpr Choice<Scope> kScopes[] = {
    {"folder", Scope::folder}, {"input", Scope::input}, {"file", Scope::file}};
inline constexpr Choice<EnforcementAction> kFailOn[] = {{"deny", EnforcementAction::deny},
                                                        {"warn", EnforcementAction::warn},
                                                        {"never", EnforcementAction::off}};
inline constexpr Choice<Severity> kSeverities[] = {{"info", Severity::info},
                                                   {"low", Severity::low},
                                                   {"medium", Severity::medium},
                                                   {"high", Severity::high},
                                                   {"critical", Severity::critical}};

// "text|json".
template <typename T, std::size_t size>
std::string names_of(const Choice<T> (&choices)[size]) {
  std::string names;
  for (const auto& [name, meaning] : choices)
    names += fmt::format("{}{}", names.empty() ? "" : "|", name);
  return names;
}

// Empty where nothing means that.
template <typename T, std::size_t size>
std::string_view name_of(const Choice<T> (&choices)[size], T meaning) {
  for (const auto& [name, one] : choices) {
    if (one == meaning) return name;
  }
  return {};
}

// The error says of `option` what might have been given.
template <typename T, std::size_t size>
Result<T> chosen_of(const Choice<T> (&choices)[size], std::string_view option,
                    std::string_view given) {
  for (const auto& [name, meaning] : choices) {
    if (name == given) return meaning;
  }
  return fail(fmt::format("{}: \"{}\" is none of {}", option, given, names_of(choices)));
}

}  // namespace stateward
