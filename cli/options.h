// The command line: what was typed, as the options of one command.
#pragma once

#include <tl/expected.hpp>
#include <variant>

#include "cli/audit.h"
#include "cli/certs.h"
#include "cli/completion.h"
#include "cli/control.h"
#include "cli/doctor.h"
#include "cli/explain.h"
#include "cli/serve.h"
#include "cli/settings.h"
#include "cli/validate.h"
#include "cli/version.h"

namespace stateward {

using Command = std::variant<ValidateOptions, ExplainOptions, ServeOptions, ControlOptions,
                             AuditOptions, CertsOptions, DoctorOptions, CompletionOptions,
                             SettingsCommandOptions, VersionOptions>;

// The command to run, or the exit code where there is nothing left to do: 0 after help, 2 after a
// usage error, which was said on standard error.
tl::expected<Command, int> parse_command_line(int argc, char** argv);

}  // namespace stateward
