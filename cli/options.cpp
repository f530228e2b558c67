#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "cli/safe_text.h"

namespace stateward {
namespace {

template <typename T>
using Choice = std::pair<std::string_view, T>;

constexpr Choice<ReportOptions::Format> kFormats[] = {{"text", ReportOptions::Format::text},
                                                      {"json", ReportOptions::Format::json}};
constexpr Choice<ReportOptions::Color> kColors[] = {{"auto", ReportOptions::Color::automatic},
                                                    {"always", ReportOptions::Color::always},
                                                    {"never", ReportOptions::Color::never}};
constexpr Choice<Scope> kScopes[] = {
    {"folder", Scope::folder}, {"input", Scope::input}, {"file", Scope::file}};
constexpr Choice<EnforcementAction> kFailOn[] = {{"deny", EnforcementAction::deny},
                                                 {"warn", EnforcementAction::warn},
                                                 {"never", EnforcementAction::off}};
constexpr Choice<Severity> kSeverities[] = {{"info", Severity::info},
                                            {"low", Severity::low},
                                            {"medium", Severity::medium},
                                            {"high", Severity::high},
                                            {"critical", Severity::critical}};

constexpr char kExamples[] =
    "Examples:\n"
    "  stateward validate deploy/\n"
    "  stateward explain missing-service-name\n"
    "  stateward serve --local\n"
    "  stateward audit -n prod\n"
    "\n"
    "stateward COMMAND --help tells more of each.";

// An option that takes one of the names of `choices`; what `value` holds now is its default.
template <typename T, std::size_t size>
void add_choice(CLI::App& app, const std::string& name, T& value, const Choice<T> (&choices)[size],
                const std::string& description) {
  std::string names;
  std::string standard;
  for (const auto& [choice, meaning] : choices) {
    names += fmt::format("{}{}", names.empty() ? "" : "|", choice);
    if (meaning == value) standard = choice;
  }
  const auto read = [&value, &choices, names, name](const std::string& text) {
    const auto found = std::find_if(std::begin(choices), std::end(choices),
                                    [&](const Choice<T>& choice) { return choice.first == text; });
    if (found == std::end(choices))
      throw CLI::ValidationError(fmt::format("{}: \"{}\" is none of {}", name, text, names));
    value = found->second;
  };
  app.add_option_function<std::string>(name, read, fmt::format("{} ({})", description, standard))
      ->type_name(names);
}

// What is shown of the findings, and how.
void add_report(CLI::App& app, ReportOptions& options) {
  add_choice(app, "-o,--output", options.format, kFormats, "Format of the report");
  add_choice(app, "--fail-on", options.fail_on, kFailOn,
             "Exit with 1 where a finding has this action or a stricter one");
  add_choice(app, "--min-severity", options.min_severity, kSeverities,
             "Show findings of this severity or a worse one; hidden ones\n"
             "are counted, and fail all the same");
  app.add_flag_callback(
      "--pedantic", [&options] { options.min_severity = Severity::info; },
      "Show all findings: --min-severity info");
  app.add_option("--policy", options.policies,
                 "Only these policies, by id: a list with commas, or the option\nagain")
      ->delimiter(',')
      ->type_name("ID")
      ->allow_extra_args(false);
  add_choice(app, "--color", options.color, kColors,
             "Colours; auto: on a terminal, unless NO_COLOR is set");
}

// Which cluster, and as whom.
void add_connection(CLI::App& app, ConnectOptions& options) {
  app.add_option("--kubeconfig", options.kubeconfig,
                 "The kubeconfig (as kubectl: KUBECONFIG, else ~/.kube/config)")
      ->type_name("FILE");
  app.add_option("--context", options.context, "A context of it (the current one)")
      ->type_name("NAME");
  app.add_flag("--in-cluster", options.in_cluster,
               "Instead of these: as the service account of the Pod that this\nruns in");
}

void add_validate(CLI::App& app, ValidateOptions& options) {
  app.add_option("PATH", options.paths,
                 "Files, folders, or - for standard input, which is also read\n"
                 "where no path is given and it is no terminal. In folders\n"
                 "*.yaml, *.yml and *.json are read, in their subfolders too,\n"
                 "but nothing that is hidden");
  app.add_flag("--complete", options.complete,
               "These files are everything: absence may be concluded from");
  app.add_option("--namespace", options.name_space,
                 "Namespace of objects that name none (" + options.name_space + ")")
      ->type_name("NS");
  app.add_option("--old", options.old_path,
                 "The state before, a file or folder: objects found there are\njudged as updates")
      ->type_name("PATH");
  add_choice(app, "--scope", options.scope, kScopes,
             "What belongs together and is judged together: a folder's own\n"
             "files, all that was given, or each file alone");
  add_report(app, options.report);
  app.footer(
      "Exit codes:\n"
      "  0  nothing at or above --fail-on\n"
      "  1  such findings, or documents that the API server would not read either\n"
      "  2  wrong usage, or an argument that cannot be opened\n"
      "\n"
      "Findings go to standard output, everything else to standard error.\n"
      "\n"
      "Examples:\n"
      "  stateward validate deploy/\n"
      "  helm template my-chart | stateward validate --complete -\n"
      "  stateward validate --old before/ after/\n"
      "  stateward validate --fail-on warn --policy missing-service-name,shared-claim web.yaml\n"
      "  stateward validate -o json deploy/ > report.json");
}

void add_explain(CLI::App& app, ExplainOptions& options) {
  app.add_option("ID", options.id, "A policy or an injection; without it they are listed");
  app.footer(
      "Examples:\n"
      "  stateward explain\n"
      "  stateward explain missing-service-name");
}

void add_serve(CLI::App& app, ServeOptions& options) {
  app.add_option("--listen", options.listen,
                 "Where reviews are answered, over TLS (" + options.listen + ")")
      ->type_name("ADDR:PORT");
  app.add_option("--health-listen", options.health_listen,
                 "Where /livez, /readyz and /version are answered, without TLS;\n"
                 "empty: nowhere (" +
                     options.health_listen + ")")
      ->type_name("ADDR:PORT");
  app.add_option("--tls-cert", options.tls_cert, "The certificate and its chain, PEM")
      ->type_name("FILE");
  app.add_option("--tls-key", options.tls_key, "Its private key, PEM")->type_name("FILE");
  app.add_flag("--local", options.local,
               "Instead of the two files: make an authority in memory, and\n"
               "print how to try two reviews");
  app.footer(
      "Paths: POST /mutate, /validate, /validate/observe (never denies), /validate/guard (guarded\n"
      "actions)\n"
      "\n"
      "Examples:\n"
      "  stateward serve --local\n"
      "  stateward serve --listen 0.0.0.0:9443 --tls-cert tls.crt --tls-key tls.key");
}

void add_audit(CLI::App& app, AuditOptions& options) {
  add_connection(app, options.connection);
  app.add_option("-n,--namespace", options.namespaces,
                 "Only this namespace; the option again: these. Otherwise all but\n"
                 "kube-system, kube-node-lease and kube-public")
      ->type_name("NS")
      ->allow_extra_args(false);
  app.add_flag("-A,--all-namespaces", options.all_namespaces, "These three too");
  add_report(app, options.report);
  app.footer(
      "Nothing is written to the cluster. What the identity may not list is said, and policies "
      "that\n"
      "conclude from absence are skipped then.\n"
      "\n"
      "Exit codes:\n"
      "  0  nothing at or above --fail-on\n"
      "  1  such findings\n"
      "  2  wrong usage, or the cluster cannot be read\n"
      "\n"
      "Examples:\n"
      "  stateward audit\n"
      "  stateward audit -n prod --policy orphaned-claim\n"
      "  stateward audit --context staging -o json > report.json");
}

std::string usage_message(const CLI::App* app, const CLI::Error& error) {
  const auto commands = app->get_subcommands();
  return fmt::format("stateward: {}; see stateward {}--help\n", safe_text(error.what()),
                     commands.empty() ? "" : commands.front()->get_name() + " ");
}

}  // namespace

tl::expected<Command, int> parse_command_line(int argc, char** argv) {
  CLI::App app{
      "Guards stateful workloads on Kubernetes: finds what breaks their identity or storage."};
  app.name("stateward");
  app.require_subcommand(0, 1);
  app.failure_message(usage_message);
  ValidateOptions validate;
  ExplainOptions explain;
  ServeOptions serve;
  AuditOptions audit;
  bool show_version = false;
  app.add_flag_callback(
      "--version", [&] { show_version = true; }, "Print the version");

  CLI::App* validate_app =
      app.add_subcommand("validate", "Judge manifests: files, folders, standard input");
  add_validate(*validate_app, validate);
  CLI::App* explain_app =
      app.add_subcommand("explain", "List the policies, or explain one with examples");
  add_explain(*explain_app, explain);
  CLI::App* serve_app = app.add_subcommand("serve", "Answer admission reviews over TLS");
  add_serve(*serve_app, serve);
  CLI::App* audit_app = app.add_subcommand("audit", "Judge what lives in a cluster");
  add_audit(*audit_app, audit);
  app.add_subcommand("version", "Print the version");
  app.footer(kExamples);  // last, for commands begin with their parent's

  try {
    app.parse(argc, argv);
    if (show_version) return Command(VersionOptions{});
    if (app.get_subcommands().empty())
      throw CLI::RequiredError("no command given: validate, explain, serve, audit or version",
                               CLI::ExitCodes::RequiredError);
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(app.exit(error) == 0 ? 0 : 2);
  }
  if (validate_app->parsed()) return Command(std::move(validate));
  if (explain_app->parsed()) return Command(std::move(explain));
  if (serve_app->parsed()) return Command(std::move(serve));
  if (audit_app->parsed()) return Command(std::move(audit));
  return Command(VersionOptions{});
}

}  // namespace stateward
