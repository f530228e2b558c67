// The only file that knows CLI11, and one function for each command's options, so it is as long as
// the commands are many. What the help says besides stands in cli/command_help.h, what options
// choose from in cli/choices.h.

#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/choices.h"
#include "cli/command_help.h"
#include "cli/nearest.h"
#include "cli/safe_text.h"

namespace stateward {
namespace {

template <typename T>
T or_refuse(Result<T> read) {
  if (!read) throw CLI::ValidationError(read.error().message);
  return std::move(*read);
}

// An option that takes text of the kind `type`; what `value` holds now is its default.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& value,
                      const std::string& type, const std::string& description) {
  const std::string standard = value.empty() ? "" : fmt::format(" ({})", value);
  return app.add_option(name, value, description + standard)->type_name(type);
}

// An option that is given again for each further value.
CLI::Option* add_repeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                          const std::string& type, const std::string& description) {
  return app.add_option(name, values, description)->type_name(type)->allow_extra_args(false);
}

// An option that takes one of the names of `choices`; what `value` holds now is its default.
template <typename T, std::size_t size>
void add_choice(CLI::App& app, const std::string& name, T& value, const Choice<T> (&choices)[size],
                const std::string& description) {
  app.add_option_function<std::string>(
         name,
         [&value, &choices, name](const std::string& text) {
           value = or_refuse(chosen_of(choices, name, text));
         },
         fmt::format("{} ({})", description, name_of(choices, value)))
      ->type_name(names_of(choices));
}

// Whole seconds from `least` to `most`.
void add_seconds(CLI::App& app, const std::string& name, std::chrono::seconds& value, int least,
                 std::chrono::seconds most, const std::string& description) {
  app.add_option_function<int>(
         name, [&value](const int& seconds) { value = std::chrono::seconds(seconds); },
         fmt::format("{} ({})", description, value.count()))
      ->check(CLI::Range(least, static_cast<int>(most.count())))
      ->type_name("SECONDS");
}

// Commands of a command begin with its footer: each has its own, be it empty.
CLI::App& begin_command(CLI::App& parent, const CommandHelp& help) {
  CLI::App* app = parent.add_subcommand(std::string(help.name), std::string(help.does));
  app->footer(std::string(help.below));
  return *app;
}

// A command whose options are added by `add`. Where it is the one that was given, `chosen` gets
// them.
template <typename Options, typename Chosen>
void add_command(CLI::App& parent, const CommandHelp& help, void (*add)(CLI::App&, Options&),
                 Chosen& chosen) {
  CLI::App& app = begin_command(parent, help);
  const auto options = std::make_shared<Options>();
  add(app, *options);
  app.callback([options, &chosen] { chosen = *options; });
}

// -o FORMAT, or FORMAT=FILE as often as one likes.
void add_outputs(CLI::App& app, std::vector<ReportOptions::Output>& outputs) {
  const auto read = [&outputs](const std::vector<std::string>& given) {
    for (const std::string& text : given) {
      const std::size_t equals = std::min(text.find('='), text.size());
      ReportOptions::Output output;
      output.format = or_refuse(chosen_of(kFormats, "-o", text.substr(0, equals)));
      if (equals < text.size()) output.file = text.substr(equals + 1);
      if (equals < text.size() && output.file.empty())
        throw CLI::ValidationError(fmt::format("-o: {} names no file", text));
      const bool taken = std::any_of(outputs.begin(), outputs.end(),
                                     [](const auto& other) { return other.file.empty(); });
      if (output.file.empty() && taken)
        throw CLI::ValidationError(
            "-o: two formats for standard output; give all but one a file: FORMAT=FILE");
      outputs.push_back(std::move(output));
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "-o,--output", read,
         "Format of the report on standard output (text); with =FILE one\n"
         "more report, into that file. The option again for more")
      ->allow_extra_args(false)
      ->type_name(names_of(kFormats) + "[=FILE]");
}

void add_settings(CLI::App& app, SettingsOptions& options) {
  auto* file = add_text(app, "--settings", options.file, "FILE",
                        "Settings, not the stateward.yaml of this folder or of the\n"
                        "nearest one above it");
  app.add_flag("--no-settings", options.none, "The policies' defaults, whatever file there is")
      ->excludes(file);
}

// What is shown of the findings, and how.
// `standard` says for which release is judged where the option is not given.
void add_report(CLI::App& app, ReportOptions& options, const std::string& standard) {
  add_outputs(app, options.outputs);
  add_choice(app, "--fail-on", options.fail_on, kFailOn,
             "Exit with 1 where a finding has this action or a stricter one");
  add_choice(app, "--min-severity", options.min_severity, kSeverities,
             "Show findings of this severity or a worse one; hidden ones\n"
             "are counted, and fail all the same");
  app.add_flag_callback(
      "--pedantic", [&options] { options.min_severity = Severity::info; },
      "Show all findings: --min-severity info");
  add_repeated(app, "--policy", options.policies, "ID",
               "Only these policies, by id: a list with commas, or the option\nagain")
      ->delimiter(',');
  auto* baseline = add_text(app, "--baseline", options.baseline, "FILE",
                            "Findings that stand in this file neither fail nor are shown");
  app.add_flag("--write-baseline", options.write_baseline,
               "Make that file anew of all that is found, and fail for nothing")
      ->needs(baseline);
  app.add_option_function<std::string>(
         "--kubernetes-version",
         [&options](const std::string& text) {
           const auto version = parse_kubernetes_version(text);
           if (!version)
             throw CLI::ValidationError("--kubernetes-version: " + version.error().message);
           options.kubernetes = *version;
         },
         "The release that the objects are to run on (" + standard + ")")
      ->type_name("VERSION");
  add_choice(app, "--color", options.color, kColors,
             "Colours; auto: on a terminal, unless NO_COLOR is set");
}

void add_validate(CLI::App& app, ValidateOptions& options) {
  app.add_option("PATH", options.paths,
                 "Files, folders, or - for standard input, which is also read\n"
                 "where no path is given and it is no terminal. In folders\n"
                 "*.yaml, *.yml and *.json are read, in their subfolders too,\n"
                 "but nothing that is hidden")
      ->type_name("PATH");
  app.add_flag("--complete", options.complete,
               "These files are everything: absence may be concluded from");
  add_text(app, "--namespace", options.name_space, "NS", "Namespace of objects that name none");
  add_text(app, "--old", options.old_path, "PATH",
           "The state before, a file or folder: objects found there are\njudged as updates");
  add_text(app, "--charts-in", options.charts_in, "DIR",
           "Where the charts stand that were rendered: goes before the\nnames of their templates");
  add_choice(app, "--scope", options.scope, kScopes,
             "What belongs together and is judged together: a folder's own\n"
             "files, all that was given, or each file alone");
  add_settings(app, options.settings);
  add_report(app, options.report,
             fmt::format("{}.{}", kLatestKubernetes.major, kLatestKubernetes.minor));
}

void add_explain(CLI::App& app, ExplainOptions& options) {
  add_text(app, "ID", options.id, "ID", "A policy or an injection; without it they are listed");
  add_choice(app, "-o,--output", options.format, kExplainFormats, "Format");
  add_text(app, "--out", options.out, "DIR",
           "Write a page for each, and a list of them, as Markdown to this\nfolder");
}

void add_cluster(CLI::App& app, ConnectOptions& options) {
  app.add_flag("--in-cluster", options.in_cluster,
               "The cluster that we run in, as the Pod's service account");
  add_text(app, "--kubeconfig", options.kubeconfig, "FILE", "The cluster that a kubeconfig names");
  add_text(app, "--context", options.context, "NAME", "A context of it, not the current one");
}

void add_installation(CLI::App& app, ConnectOptions& cluster, std::string& name_space) {
  add_cluster(app, cluster);
  add_text(app, "--namespace", name_space, "NS", "Where stateward is installed");
}

// What `serve` and `control` take alike.

void add_namespaces(CLI::App& app, std::string& own, std::vector<std::string>& watched) {
  add_text(app, "--namespace", own, "NS",
           "Where stateward is installed; with --in-cluster the Pod's\nown");
  add_repeated(app, "--watch-namespace", watched, "NS",
               "Only this namespace; again for more. Default: all of them");
}

void add_settings_file(CLI::App& app, std::string& file) {
  add_text(app, "--settings", file, "FILE",
           "Settings, read again when they change; without it, those of the\n"
           "cluster's ConfigMap stateward-settings, where there is a cluster");
}

void add_health(CLI::App& app, std::string& listen) {
  add_text(app, "--health-listen", listen, "ADDR:PORT",
           "Where /livez, /readyz, /metrics and /version are answered,\n"
           "without TLS; empty: nowhere");
}

void add_serving_life(CLI::App& app, std::chrono::seconds& life, const std::string& description) {
  add_seconds(app, "--serving-life", life, 60, kServingLife, description);
}

void add_log(CLI::App& app, LogOptions& options) {
  add_choice(app, "--log-format", options.format, kLogFormats, "Lines on standard error");
  add_choice(app, "--log-level", options.level, kLogLevels,
             "What is told: at debug every answer, at info denials.\n"
             "SIGUSR1 changes it to debug, SIGUSR2 back");
}

void add_serve(CLI::App& app, ServeOptions& options) {
  add_settings_file(app, options.settings_file);
  add_text(app, "--listen", options.listen, "ADDR:PORT", "Where reviews are answered, over TLS");
  add_health(app, options.health_listen);
  add_text(app, "--tls-cert", options.tls_cert, "FILE",
           "The certificate and its chain, PEM. This file and the two below\n"
           "are read again every 10 s");
  add_text(app, "--tls-key", options.tls_key, "FILE", "Its private key, PEM");
  add_text(app, "--client-ca", options.client_ca, "FILE",
           "Clients must show a certificate that one of these authorities,\n"
           "PEM, signed for clients (an API server shows one only where it\n"
           "was told to: AdmissionConfiguration, kubeConfigFile)");
  add_text(app, "--client-name", options.client_name, "NAME",
           "And its common name or a DNS name of it must be this one");
  app.add_flag("--local", options.local,
               "Instead of the two files: make an authority in memory, and\n"
               "print how to try two reviews");
  add_cluster(app, options.cluster);
  add_namespaces(app, options.name_space, options.namespaces);
  add_serving_life(app, options.serving_life,
                   "Life of a certificate from the installation's authority; not\n"
                   "longer than the controller's");
  add_log(app, options.log);
}

void add_control(CLI::App& app, ControlOptions& options) {
  add_cluster(app, options.cluster);
  add_settings_file(app, options.settings_file);
  add_namespaces(app, options.name_space, options.namespaces);
  add_health(app, options.health_listen);
  app.add_flag("--no-certificates", options.no_certificates,
               "Leave the authority and the caBundles to somebody else");
  app.add_flag("--disruption-budgets", options.disruption_budgets,
               "Make a PodDisruptionBudget for sets that none covers");
  add_serving_life(app, options.serving_life,
                   "For tests and emergencies: what a rotation waits for the last\n"
                   "certificate of the old authority to end; serve must have a life\n"
                   "of its certificates that is not longer");
  add_seconds(app, "--settle", options.settle, 5, std::chrono::hours(1),
              "For tests and emergencies: what it waits for API servers to\n"
              "notice a caBundle");
  add_log(app, options.log);
}

void add_audit(CLI::App& app, AuditOptions& options) {
  add_cluster(app, options.cluster);
  add_repeated(app, "-n,--namespace", options.namespaces, "NS",
               "Only this namespace; the option again: these. Otherwise all but\n"
               "kube-system, kube-node-lease and kube-public");
  app.add_flag("-A,--all-namespaces", options.all_namespaces, "These three too");
  auto* file = add_text(app, "--settings", options.settings.file, "FILE",
                        "Settings, not those of the cluster's ConfigMap\n"
                        "stateward-settings");
  app.add_flag("--no-settings", options.settings.none, "The policies' defaults")->excludes(file);
  add_text(app, "--installed-in", options.installed_in, "NS", "Where stateward is installed");
  add_report(app, options.report, "the server's own");
}

void add_certs_inspect(CLI::App& app, CertsInspectOptions& options) {
  add_text(app, "FILE", options.file, "FILE", "Certificates as PEM; - is standard input")
      ->required();
  add_text(app, "--key", options.key, "FILE", "The key of the first one, to be held against it");
  add_choice(app, "-o,--output", options.format, kCertsFormats, "Format");
}

template <typename Options>
void add_certs_output(CLI::App& app, Options& options) {
  add_text(app, "--out", options.out, "DIR", "Folder to write to, made where it is missing");
  app.add_option("--life", options.days, "Life of the certificate in days (365)")
      ->check(CLI::Range(1, 3650))
      ->type_name("DAYS");
  app.add_flag("--force", options.force, "Replace files that are there");
}

void add_certs_make(CLI::App& app, CertsMakeOptions& options) {
  add_repeated(app, "--name", options.names, "NAME",
               "A name or address by which the server is called; again for\n"
               "more. The API server calls SERVICE.NAMESPACE.svc")
      ->required();
  add_certs_output(app, options);
  auto* certificate = add_text(app, "--ca-cert", options.ca_cert, "FILE",
                               "Sign with this authority instead of making one");
  auto* key = add_text(app, "--ca-key", options.ca_key, "FILE", "Its key");
  certificate->needs(key);
  key->needs(certificate);
}

void add_certs_renew(CLI::App& app, CertsRenewOptions& options) {
  add_text(app, "--cert", options.cert, "FILE",
           "The certificate to be replaced by one of the same names")
      ->required();
  add_text(app, "--ca-cert", options.ca_cert, "FILE", "The authority that signs")->required();
  add_text(app, "--ca-key", options.ca_key, "FILE", "Its key")->required();
  add_certs_output(app, options);
}

void add_certs_status(CLI::App& app, CertsStatusOptions& options) {
  add_installation(app, options.cluster, options.name_space);
}

void add_certs_rotate(CLI::App& app, CertsRotateOptions& options) {
  add_installation(app, options.cluster, options.name_space);
}

void add_certs(CLI::App& app, CertsOptions& options) {
  app.require_subcommand(1);
  add_command(app, kCertsInspectHelp, add_certs_inspect, options);
  add_command(app, kCertsMakeHelp, add_certs_make, options);
  add_command(app, kCertsRenewHelp, add_certs_renew, options);
  add_command(app, kCertsStatusHelp, add_certs_status, options);
  add_command(app, kCertsRotateHelp, add_certs_rotate, options);
}

void add_doctor(CLI::App& app, DoctorOptions& options) {
  add_installation(app, options.cluster, options.name_space);
  add_text(app, "--try-in", options.try_in, "NS",
           "Where a set is created, as a dry run, to see the webhook at\nwork");
  add_choice(app, "-o,--output", options.format, kDoctorFormats, "Format");
}

void add_completion(CLI::App& app, CompletionOptions& options) {
  app.add_option_function<std::string>(
         "SHELL",
         [&options](const std::string& text) {
           options.shell = or_refuse(chosen_of(kShells, "SHELL", text));
         },
         "The shell that the script is for")
      ->required()
      ->type_name(names_of(kShells));
}

void add_settings_command(CLI::App& app, SettingsCommandOptions& options) {
  using What = SettingsCommandOptions::What;
  app.require_subcommand(1);
  CLI::App& check = begin_command(app, kSettingsCheckHelp);
  check.callback([&options] { options.what = What::check; });
  add_text(check, "FILE", options.settings.file, "FILE",
           "Not the stateward.yaml of this folder or above");
  CLI::App& show = begin_command(app, kSettingsShowHelp);
  show.callback([&options] { options.what = What::show; });
  add_settings(show, options.settings);
  add_text(show, "--namespace", options.name_space, "NS", "For objects of this namespace");
  add_text(show, "--kind", options.kind, "TEXT", "For objects of this kind");
  add_text(show, "--name", options.name, "TEXT", "For an object of this name");
  add_choice(show, "-o,--output", options.format, kSettingsFormats, "Format");
  CLI::App& schema = begin_command(app, kSettingsSchemaHelp);
  schema.callback([&options] { options.what = What::schema; });
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

CommandShape shape_of(const CLI::App& app) {
  CommandShape shape{.name = app.get_name(), .description = one_line(app.get_description())};
  for (const CLI::Option* given : app.get_options()) {
    CommandShape::Option option{.description = one_line(given->get_description()),
                                .repeats = given->get_expected_max() > 1};
    for (const std::string& name : given->get_snames()) option.names.push_back("-" + name);
    for (const std::string& name : given->get_lnames()) option.names.push_back("--" + name);
    if (given->get_items_expected_max() > 0) take_value(given->get_type_name(), option);
    shape.options.push_back(std::move(option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    shape.commands.push_back(shape_of(*command));
  return shape;
}

// The command that was given, as far as it is known.
const CLI::App* command_of(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

// Empty where all words are known.
std::string unknown_word(const CLI::App& app, const CLI::App& command) {
  const std::vector<std::string> words = app.remaining(true);
  if (words.empty()) return {};
  const std::string word = words.front().substr(0, words.front().find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  if (!word.starts_with('-')) {
    known.clear();
    for (const CLI::App* one : command.get_subcommands([](const CLI::App*) { return true; }))
      known.push_back(one->get_name());
  }
  return fmt::format("\"{}\" was not expected{}", word,
                     did_you_mean(word, std::vector<std::string_view>(known.begin(), known.end())));
}

std::string usage_message(const CLI::App* app, const CLI::Error& error) {
  const CLI::App* command = command_of(app);
  std::string path = "stateward";
  for (const CLI::App* at = app; at != command; path += " " + at->get_name())
    at = at->get_subcommands().front();
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  std::string message;
  if (code == CLI::ExitCodes::ExtrasError || code == CLI::ExitCodes::RequiredError)
    message = unknown_word(*app, *command);
  if (message.empty()) message = error.what();
  return fmt::format("stateward: {}{} see {} --help\n", safe_text(message),
                     message.ends_with('?') ? "" : ";", path);
}

}  // namespace

tl::expected<Command, int> parse_command_line(int argc, char** argv) {
  CLI::App app{std::string(kStatewardHelp.does), std::string(kStatewardHelp.name)};
  app.footer(std::string(kStatewardHelp.below));
  app.require_subcommand(0, 1);
  app.failure_message(usage_message);
  Command chosen = VersionOptions{};
  bool show_version = false;
  app.add_flag_callback(
      "--version", [&] { show_version = true; }, std::string(kVersionHelp.does));
  add_command(app, kValidateHelp, add_validate, chosen);
  add_command(app, kExplainHelp, add_explain, chosen);
  add_command(app, kServeHelp, add_serve, chosen);
  add_command(app, kControlHelp, add_control, chosen);
  add_command(app, kAuditHelp, add_audit, chosen);
  add_command(app, kCertsHelp, add_certs, chosen);
  add_command(app, kDoctorHelp, add_doctor, chosen);
  add_command(app, kCompletionHelp, add_completion, chosen);
  add_command(app, kSettingsHelp, add_settings_command, chosen);
  begin_command(app, kVersionHelp);
  try {
    app.parse(argc, argv);
    if (show_version) return Command(VersionOptions{});
    if (app.get_subcommands().empty())
      throw CLI::RequiredError("no command given", CLI::ExitCodes::RequiredError);
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(app.exit(error) == 0 ? 0 : 2);
  }
  if (auto* completion = std::get_if<CompletionOptions>(&chosen))
    completion->program = shape_of(app);
  return chosen;
}

}  // namespace stateward
