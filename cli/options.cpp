#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace stateward {
namespace {

const std::map<std::string, ValidateOptions::Format> kFormats = {
    {"text", ValidateOptions::Format::text}, {"json", ValidateOptions::Format::json}};
const std::map<std::string, ValidateOptions::Color> kColors = {
    {"auto", ValidateOptions::Color::automatic},
    {"always", ValidateOptions::Color::always},
    {"never", ValidateOptions::Color::never}};
const std::map<std::string, Scope> kScopes = {
    {"folder", Scope::folder}, {"input", Scope::input}, {"file", Scope::file}};
const std::map<std::string, EnforcementAction> kFailOn = {{"deny", EnforcementAction::deny},
                                                          {"warn", EnforcementAction::warn},
                                                          {"never", EnforcementAction::off}};
const std::map<std::string, Severity> kSeverities = {{"info", Severity::info},
                                                     {"low", Severity::low},
                                                     {"medium", Severity::medium},
                                                     {"high", Severity::high},
                                                     {"critical", Severity::critical}};

// An option that takes one of the names of `choices`.
template <typename T>
void add_choice(CLI::App& app, const std::string& name, T& value,
                const std::map<std::string, T>& choices, const std::string& description) {
  std::string names;
  for (const auto& [choice, meaning] : choices) names += (names.empty() ? "" : "|") + choice;
  const auto read = [&value, &choices](const std::string& text) {
    const auto found = choices.find(text);
    if (found == choices.end())
      throw CLI::ValidationError("\"" + text + "\" is none of the choices");
    value = found->second;
  };
  app.add_option_function<std::string>(name, read, description)->type_name(names);
}

void add_validate(CLI::App& app, ValidateOptions& options, bool& pedantic) {
  app.add_option("PATH", options.paths,
                 "Files, folders (their *.yaml, *.yml, *.json), or - for standard input");
  add_choice(app, "-o,--output", options.format, kFormats, "Format of the report (text)");
  app.add_flag("--complete", options.complete,
               "These files are everything: absence may be concluded from");
  add_choice(app, "--fail-on", options.fail_on, kFailOn, "Exit with 1 from this action on (deny)");
  add_choice(app, "--min-severity", options.min_severity, kSeverities,
             "Show findings from this severity on (medium)");
  app.add_flag("--pedantic", pedantic, "Show all findings, like --min-severity info");
  app.add_option("--policy", options.policies, "Only these policies")
      ->delimiter(',')
      ->type_name("ID")
      ->allow_extra_args(false);
  app.add_option("--namespace", options.name_space, "Namespace of objects that name none (default)")
      ->type_name("NS");
  app.add_option("--old", options.old_path, "The state before: judge as an update of it")
      ->type_name("PATH");
  add_choice(app, "--scope", options.scope, kScopes,
             "What belongs together and is judged together (folder)");
  add_choice(app, "--color", options.color, kColors,
             "Colours (auto: on a terminal, unless NO_COLOR is set)");
  app.footer(
      "Exit codes: 0 nothing at or above --fail-on, 1 findings or unreadable documents, 2 wrong "
      "usage.\n\n"
      "Examples:\n"
      "  stateward validate deploy/\n"
      "  helm template my-chart | stateward validate --complete -\n"
      "  stateward validate --old before/ after/ -o json");
}

void add_serve(CLI::App& app, ServeOptions& options) {
  app.add_option("--listen", options.listen,
                 "Where reviews are answered, with TLS (127.0.0.1:9443)")
      ->type_name("ADDR:PORT");
  app.add_option("--health-listen", options.health_listen,
                 "Where /livez, /readyz and /version are, without (127.0.0.1:8081)")
      ->type_name("ADDR:PORT");
  app.add_option("--tls-cert", options.tls_cert, "Certificate chain, PEM")->type_name("FILE");
  app.add_option("--tls-key", options.tls_key, "Its private key, PEM")->type_name("FILE");
  app.add_flag("--local", options.local,
               "Make an authority in memory, and print two reviews to try");
  app.footer(
      "Examples:\n"
      "  stateward serve --local\n"
      "  stateward serve --listen 0.0.0.0:9443 --tls-cert tls.crt --tls-key tls.key");
}

}  // namespace

tl::expected<Command, int> parse_command_line(int argc, char** argv) {
  CLI::App app{
      "Guards stateful workloads on Kubernetes: finds what breaks their identity or storage."};
  app.name("stateward");
  app.require_subcommand(1);
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return "stateward: " + std::string(error.what()) + "; see " + failed->get_name() + " --help\n";
  });
  ValidateOptions validate;
  ExplainOptions explain;
  ServeOptions serve;
  bool pedantic = false;
  bool show_version = false;
  app.add_flag_callback(
      "--version", [&] { show_version = true; }, "Print the version");

  CLI::App* validate_app =
      app.add_subcommand("validate", "Judge manifests: files, folders, standard input");
  add_validate(*validate_app, validate, pedantic);
  CLI::App* explain_app =
      app.add_subcommand("explain", "List the policies, or explain one with examples");
  explain_app->add_option("ID", explain.id, "A policy or injection");
  CLI::App* serve_app = app.add_subcommand("serve", "Answer admission reviews over TLS");
  add_serve(*serve_app, serve);
  app.add_subcommand("version", "Print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (show_version) return Command(VersionOptions{});
    return tl::unexpected(app.exit(error) == 0 ? 0 : 2);
  }
  if (pedantic) validate.min_severity = Severity::info;
  if (validate_app->parsed()) return Command(std::move(validate));
  if (explain_app->parsed()) return Command(std::move(explain));
  if (serve_app->parsed()) return Command(std::move(serve));
  return Command(VersionOptions{});
}

}  // namespace stateward
