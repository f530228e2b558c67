// One function for each command's options, so it is as long as the commands are many.

#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/nearest.h"
#include "cli/safe_text.h"
#include "policies/catalogue.h"

namespace stateward {
namespace {

template <typename T>
using Choice = std::pair<std::string_view, T>;

constexpr Choice<ReportOptions::Format> kFormats[] = {
    {"text", ReportOptions::Format::text},        {"json", ReportOptions::Format::json},
    {"sarif", ReportOptions::Format::sarif},      {"junit", ReportOptions::Format::junit},
    {"github", ReportOptions::Format::github},    {"gitlab", ReportOptions::Format::gitlab},
    {"markdown", ReportOptions::Format::markdown}};
constexpr Choice<DoctorOptions::Format> kDoctorFormats[] = {{"text", DoctorOptions::Format::text},
                                                            {"json", DoctorOptions::Format::json}};
constexpr Choice<ExplainOptions::Format> kExplainFormats[] = {
    {"text", ExplainOptions::Format::text},
    {"markdown", ExplainOptions::Format::markdown},
    {"json", ExplainOptions::Format::json}};
constexpr Choice<CompletionOptions::Shell> kShells[] = {{"bash", CompletionOptions::Shell::bash},
                                                        {"zsh", CompletionOptions::Shell::zsh},
                                                        {"fish", CompletionOptions::Shell::fish}};
constexpr Choice<ReportOptions::Color> kColors[] = {{"auto", ReportOptions::Color::automatic},
                                                    {"always", ReportOptions::Color::always},
                                                    {"never", ReportOptions::Color::never}};
constexpr Choice<Scope> kScopes[] = {
    {"folder", Scope::folder}, {"input", Scope::input}, {"file", Scope::file}};
constexpr Choice<CertsInspectOptions::Format> kCertsFormats[] = {
    {"text", CertsInspectOptions::Format::text}, {"json", CertsInspectOptions::Format::json}};
constexpr Choice<SettingsCommandOptions::Format> kSettingsFormats[] = {
    {"text", SettingsCommandOptions::Format::text}, {"json", SettingsCommandOptions::Format::json}};
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

template <typename T, std::size_t size>
std::string names_of(const Choice<T> (&choices)[size]) {
  std::string names;
  for (const auto& [choice, meaning] : choices)
    names += fmt::format("{}{}", names.empty() ? "" : "|", choice);
  return names;
}

template <typename T, std::size_t size>
T chosen_of(const Choice<T> (&choices)[size], const std::string& option, std::string_view text) {
  const auto found = std::find_if(std::begin(choices), std::end(choices),
                                  [&](const Choice<T>& choice) { return choice.first == text; });
  if (found == std::end(choices))
    throw CLI::ValidationError(
        fmt::format("{}: \"{}\" is none of {}", option, text, names_of(choices)));
  return found->second;
}

// An option that takes one of the names of `choices`; what `value` holds now is its default.
template <typename T, std::size_t size>
void add_choice(CLI::App& app, const std::string& name, T& value, const Choice<T> (&choices)[size],
                const std::string& description) {
  std::string standard;
  for (const auto& [choice, meaning] : choices) {
    if (meaning == value) standard = choice;
  }
  app.add_option_function<std::string>(
         name,
         [&value, &choices, name](const std::string& text) {
           value = chosen_of(choices, name, text);
         },
         fmt::format("{} ({})", description, standard))
      ->type_name(names_of(choices));
}

// -o FORMAT, or FORMAT=FILE as often as one likes.
void add_outputs(CLI::App& app, std::vector<ReportOptions::Output>& outputs) {
  const auto read = [&outputs](const std::vector<std::string>& given) {
    for (const std::string& text : given) {
      const std::size_t equals = std::min(text.find('='), text.size());
      ReportOptions::Output output;
      output.format = chosen_of(kFormats, "-o", text.substr(0, equals));
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

void add_settings_file(CLI::App& app, std::string& file) {
  app.add_option("--settings", file,
                 "Settings, read again when they change; without it, those of the\n"
                 "cluster's ConfigMap stateward-settings, where there is a cluster")
      ->type_name("FILE");
}

void add_settings(CLI::App& app, SettingsOptions& options) {
  auto* file = app.add_option("--settings", options.file,
                              "Settings, not the stateward.yaml of this folder or of the\n"
                              "nearest one above it")
                   ->type_name("FILE");
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
  app.add_option("--policy", options.policies,
                 "Only these policies, by id: a list with commas, or the option\nagain")
      ->delimiter(',')
      ->type_name("ID")
      ->allow_extra_args(false);
  auto* baseline = app.add_option("--baseline", options.baseline,
                                  "Findings that stand in this file neither fail nor are shown")
                       ->type_name("FILE");
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
  app.add_option("--namespace", options.name_space,
                 "Namespace of objects that name none (" + options.name_space + ")")
      ->type_name("NS");
  app.add_option("--old", options.old_path,
                 "The state before, a file or folder: objects found there are\njudged as updates")
      ->type_name("PATH");
  app.add_option(
         "--charts-in", options.charts_in,
         "Where the charts stand that were rendered: goes before the\nnames of their templates")
      ->type_name("DIR");
  add_choice(app, "--scope", options.scope, kScopes,
             "What belongs together and is judged together: a folder's own\n"
             "files, all that was given, or each file alone");
  add_settings(app, options.settings);
  add_report(app, options.report,
             fmt::format("{}.{}", kLatestKubernetes.major, kLatestKubernetes.minor));
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
      "  helm template charts/web | stateward validate --complete --charts-in charts -\n"
      "  stateward validate --old before/ after/\n"
      "  stateward validate --fail-on warn --policy missing-service-name,shared-claim web.yaml\n"
      "  stateward validate --kubernetes-version 1.34 deploy/\n"
      "  stateward validate -o json deploy/ > report.json\n"
      "  stateward validate -o github -o sarif=stateward.sarif -o junit=junit.xml deploy/");
}

void add_explain(CLI::App& app, ExplainOptions& options) {
  app.add_option("ID", options.id, "A policy or an injection; without it they are listed")
      ->type_name("ID");
  add_choice(app, "-o,--output", options.format, kExplainFormats, "Format");
  app.add_option("--out", options.out,
                 "Write a page for each, and a list of them, as Markdown to this\nfolder")
      ->type_name("DIR");
  app.footer(
      "Examples:\n"
      "  stateward explain\n"
      "  stateward explain missing-service-name\n"
      "  stateward explain -o markdown --out docs/policies");
}

void add_cluster(CLI::App& app, ConnectOptions& options) {
  app.add_flag("--in-cluster", options.in_cluster,
               "The cluster that we run in, as the Pod's service account");
  app.add_option("--kubeconfig", options.kubeconfig, "The cluster that a kubeconfig names")
      ->type_name("FILE");
  app.add_option("--context", options.context, "A context of it, not the current one")
      ->type_name("NAME");
}

void add_namespaces(CLI::App& app, std::string& own, std::vector<std::string>& watched) {
  app.add_option("--namespace", own,
                 "Where stateward is installed; with --in-cluster the Pod's\nown (" + own + ")")
      ->type_name("NS");
  app.add_option("--watch-namespace", watched,
                 "Only this namespace; again for more. Default: all of them")
      ->allow_extra_args(false)
      ->type_name("NS");
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

void add_serving_life(CLI::App& app, std::chrono::seconds& life, const std::string& description) {
  add_seconds(app, "--serving-life", life, 60, kServingLife, description);
}

void add_log(CLI::App& app, LogOptions& options) {
  const std::map<std::string, LogFormat> formats = {{"text", LogFormat::text},
                                                    {"json", LogFormat::json}};
  const std::map<std::string, LogLevel> levels = {{"debug", LogLevel::debug},
                                                  {"info", LogLevel::info},
                                                  {"warning", LogLevel::warning},
                                                  {"error", LogLevel::error}};
  app.add_option("--log-format", options.format, "Lines on standard error: text, json (text)")
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->type_name("FORMAT");
  app.add_option("--log-level", options.level,
                 "debug (every answer), info (denials), warning, error (info).\n"
                 "SIGUSR1 changes it to debug, SIGUSR2 back")
      ->transform(CLI::CheckedTransformer(levels).description(""))
      ->type_name("LEVEL");
}

void add_serve(CLI::App& app, ServeOptions& options) {
  add_settings_file(app, options.settings_file);
  app.add_option("--listen", options.listen,
                 "Where reviews are answered, over TLS (" + options.listen + ")")
      ->type_name("ADDR:PORT");
  app.add_option("--health-listen", options.health_listen,
                 "Where /livez, /readyz, /metrics and /version are answered,\n"
                 "without TLS; empty: nowhere (" +
                     options.health_listen + ")")
      ->type_name("ADDR:PORT");
  app.add_option("--tls-cert", options.tls_cert,
                 "The certificate and its chain, PEM. This file and the two below\n"
                 "are read again every 10 s")
      ->type_name("FILE");
  app.add_option("--tls-key", options.tls_key, "Its private key, PEM")->type_name("FILE");
  app.add_option("--client-ca", options.client_ca,
                 "Clients must show a certificate that one of these authorities,\n"
                 "PEM, signed for clients (an API server shows one only where it\n"
                 "was told to: AdmissionConfiguration, kubeConfigFile)")
      ->type_name("FILE");
  app.add_option("--client-name", options.client_name,
                 "And its common name or a DNS name of it must be this one")
      ->type_name("NAME");
  app.add_flag("--local", options.local,
               "Instead of the two files: make an authority in memory, and\n"
               "print how to try two reviews");
  add_cluster(app, options.cluster);
  add_namespaces(app, options.name_space, options.namespaces);
  add_serving_life(app, options.serving_life,
                   "Life of a certificate from the installation's authority; not\n"
                   "longer than the controller's");
  add_log(app, options.log);
  app.footer(
      "Paths: POST /mutate, /validate, /validate/observe (never denies), /validate/guard (guarded\n"
      "actions)\n"
      "\n"
      "Examples:\n"
      "  stateward serve --local\n"
      "  stateward serve --listen 0.0.0.0:9443 --tls-cert tls.crt --tls-key tls.key\n"
      "  stateward serve --in-cluster --listen 0.0.0.0:9443 --health-listen 0.0.0.0:8081");
}

void add_control(CLI::App& app, ControlOptions& options) {
  add_cluster(app, options.cluster);
  add_settings_file(app, options.settings_file);
  add_namespaces(app, options.name_space, options.namespaces);
  app.add_option("--health-listen", options.health_listen,
                 "Where /livez, /readyz, /metrics and /version are answered,\n"
                 "without TLS; empty: nowhere (" +
                     options.health_listen + ")")
      ->type_name("ADDR:PORT");
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
  app.footer(
      "Several may run; one of them, the holder of the Lease, acts.\n"
      "\n"
      "Examples:\n"
      "  stateward control --in-cluster --health-listen 0.0.0.0:8081\n"
      "  stateward control --kubeconfig admin.conf");
}

void add_certs_inspect(CLI::App& app, CertsInspectOptions& options) {
  app.add_option("FILE", options.file, "Certificates as PEM; - is standard input")
      ->required()
      ->type_name("FILE");
  app.add_option("--key", options.key, "The key of the first one, to be held against it")
      ->type_name("FILE");
  add_choice(app, "-o,--output", options.format, kCertsFormats, "Format");
  app.footer(
      "Exit codes:\n"
      "  0  all certificates hold now, and the key is the first one's\n"
      "  1  one does not, or the key is another's\n"
      "  2  wrong usage, or a file that cannot be read\n"
      "\n"
      "Examples:\n"
      "  stateward certs inspect tls.crt --key tls.key\n"
      "  kubectl get validatingwebhookconfiguration stateward-validating \\\n"
      "    -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | base64 -d | stateward certs "
      "inspect -");
}

template <typename Options>
void add_certs_output(CLI::App& app, Options& options) {
  app.add_option("--out", options.out, "Folder to write to, made where it is missing (.)")
      ->type_name("DIR");
  app.add_option("--life", options.days, "Life of the certificate in days (365)")
      ->check(CLI::Range(1, 3650))
      ->type_name("DAYS");
  app.add_flag("--force", options.force, "Replace files that are there");
}

void add_installation(CLI::App& app, ConnectOptions& cluster, std::string& name_space) {
  add_cluster(app, cluster);
  app.add_option("--namespace", name_space, "Where stateward is installed (" + name_space + ")")
      ->type_name("NS");
}

void add_certs_status(CLI::App& app, CertsStatusOptions& options) {
  add_installation(app, options.cluster, options.name_space);
  app.footer(
      "Shows the authority that the controller keeps, where a rotation stands, and whether every\n"
      "webhook's caBundle is what it must be.\n"
      "\n"
      "Exit codes:\n"
      "  0  all is as it must be\n"
      "  1  it is not, or a person should look\n"
      "  2  wrong usage, or the cluster could not be read\n"
      "\n"
      "Examples:\n"
      "  stateward certs status --context production");
}

void add_certs_rotate(CLI::App& app, CertsRotateOptions& options) {
  add_installation(app, options.cluster, options.name_space);
  app.footer(
      "Starts to replace the authority before its time. The controller goes on by itself: both\n"
      "authorities are trusted, 5 minutes later the new one signs, and 7 days later, when the "
      "last\n"
      "certificate of the old one has ended, the old one is dropped. No call fails meanwhile.\n"
      "\n"
      "Examples:\n"
      "  stateward certs rotate --context production\n"
      "  stateward certs status --context production");
}

void add_certs_make(CLI::App& app, CertsMakeOptions& options) {
  app.add_option("--name", options.names,
                 "A name or address by which the server is called; again for\n"
                 "more. The API server calls SERVICE.NAMESPACE.svc")
      ->required()
      ->allow_extra_args(false)
      ->type_name("NAME");
  add_certs_output(app, options);
  auto* certificate =
      app.add_option("--ca-cert", options.ca_cert, "Sign with this authority instead of making one")
          ->type_name("FILE");
  auto* key = app.add_option("--ca-key", options.ca_key, "Its key")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  app.footer(
      "Writes tls.crt and tls.key, and ca.crt and ca.key where it makes the authority, which may\n"
      "sign for these names only.\n"
      "\n"
      "Examples:\n"
      "  stateward certs make --name stateward-webhook.stateward-system.svc --out certs");
}

void add_certs_renew(CLI::App& app, CertsRenewOptions& options) {
  app.add_option("--cert", options.cert, "The certificate to be replaced by one of the same names")
      ->required()
      ->type_name("FILE");
  app.add_option("--ca-cert", options.ca_cert, "The authority that signs")
      ->required()
      ->type_name("FILE");
  app.add_option("--ca-key", options.ca_key, "Its key")->required()->type_name("FILE");
  add_certs_output(app, options);
  app.footer(
      "Writes tls.crt and tls.key, with a new key. A server that serves these files takes them\n"
      "within 10 s.\n"
      "\n"
      "Examples:\n"
      "  stateward certs renew --cert tls.crt --ca-cert ca.crt --ca-key ca.key --force");
}

// `certs` has commands of its own; the answer tells which was given.
std::function<CertsOptions()> add_certs(CLI::App& app) {
  app.require_subcommand(1);
  const auto inspect = std::make_shared<CertsInspectOptions>();
  const auto make = std::make_shared<CertsMakeOptions>();
  const auto renew = std::make_shared<CertsRenewOptions>();
  const auto status = std::make_shared<CertsStatusOptions>();
  const auto rotate = std::make_shared<CertsRotateOptions>();
  CLI::App* inspect_app = app.add_subcommand("inspect", "Show what stands in certificates");
  add_certs_inspect(*inspect_app, *inspect);
  CLI::App* make_app =
      app.add_subcommand("make", "Make an authority and a certificate for serving");
  add_certs_make(*make_app, *make);
  CLI::App* renew_app = app.add_subcommand("renew", "Make a certificate like an older one");
  add_certs_renew(*renew_app, *renew);
  CLI::App* status_app =
      app.add_subcommand("status", "Show the authority and the caBundles of a cluster");
  add_certs_status(*status_app, *status);
  CLI::App* rotate_app =
      app.add_subcommand("rotate", "Replace the authority of a cluster before its time");
  add_certs_rotate(*rotate_app, *rotate);
  app.footer(
      "Examples:\n"
      "  stateward certs inspect tls.crt\n"
      "  stateward certs make --name stateward-webhook.stateward-system.svc");
  return [=]() -> CertsOptions {
    if (inspect_app->parsed()) return *inspect;
    if (make_app->parsed()) return *make;
    if (status_app->parsed()) return *status;
    if (rotate_app->parsed()) return *rotate;
    return *renew;
  };
}

void add_audit(CLI::App& app, AuditOptions& options) {
  add_cluster(app, options.cluster);
  app.add_option("-n,--namespace", options.namespaces,
                 "Only this namespace; the option again: these. Otherwise all but\n"
                 "kube-system, kube-node-lease and kube-public")
      ->type_name("NS")
      ->allow_extra_args(false);
  app.add_flag("-A,--all-namespaces", options.all_namespaces, "These three too");
  auto* file = app.add_option("--settings", options.settings.file,
                              "Settings, not those of the cluster's ConfigMap\n"
                              "stateward-settings")
                   ->type_name("FILE");
  app.add_flag("--no-settings", options.settings.none, "The policies' defaults")->excludes(file);
  app.add_option("--installed-in", options.installed_in,
                 "Where stateward is installed (" + options.installed_in + ")")
      ->type_name("NS");
  add_report(app, options.report, "the server's own");
  app.footer(
      "Nothing is written to the cluster. What may not be listed is said, and policies that "
      "conclude\n"
      "from absence are skipped then.\n"
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

void add_doctor(CLI::App& app, DoctorOptions& options) {
  add_cluster(app, options.cluster);
  app.add_option("--namespace", options.name_space,
                 "Where stateward is installed (" + options.name_space + ")")
      ->type_name("NS");
  app.add_option("--try-in", options.try_in,
                 "Where a set is created, as a dry run, to see the webhook at\nwork (" +
                     options.try_in + ")")
      ->type_name("NS");
  add_choice(app, "-o,--output", options.format, kDoctorFormats, "Format");
  app.footer(
      "Nothing is changed in the cluster.\n"
      "\n"
      "Exit codes:\n"
      "  0  nothing failed, though there may be warnings\n"
      "  1  something failed\n"
      "  2  wrong usage, or the cluster does not answer\n"
      "\n"
      "Examples:\n"
      "  stateward doctor\n"
      "  stateward doctor --try-in prod");
}

// What may be given, from the name under which the help shows the value.
void shape_value(const std::string& type, CommandShape::Option& option) {
  const std::string names = type.substr(0, type.find('['));
  if (names == "ID") {
    option.value = CommandShape::Value::choice;
    for (const Policy* policy : policies::all_policies()) option.choices.emplace_back(policy->id);
    if (!option.names.empty()) return;  // --policy; explain knows injections, too
    for (const Injection* injection : policies::all_injections())
      option.choices.emplace_back(injection->id);
  } else if (names.find('|') != std::string::npos) {
    option.value = CommandShape::Value::choice;
    option.choices = CLI::detail::split(names, '|');
  } else if (names == "FILE" || names == "PATH") {
    option.value = CommandShape::Value::file;
  } else if (names == "DIR") {
    option.value = CommandShape::Value::folder;
  } else {
    option.value = CommandShape::Value::text;
  }
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
    if (given->get_items_expected_max() > 0) shape_value(given->get_type_name(), option);
    shape.options.push_back(std::move(option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    shape.commands.push_back(shape_of(*command));
  return shape;
}

void add_completion(CLI::App& app, CompletionOptions& options) {
  app.add_option_function<std::string>(
         "SHELL",
         [&options](const std::string& text) { options.shell = chosen_of(kShells, "SHELL", text); },
         "The shell that the script is for")
      ->required()
      ->type_name(names_of(kShells));
  app.footer(
      "Examples:\n"
      "  source <(stateward completion bash)\n"
      "  stateward completion zsh > \"${fpath[1]}/_stateward\"\n"
      "  stateward completion fish > ~/.config/fish/completions/stateward.fish");
}

void add_settings_command(CLI::App& app, SettingsCommandOptions& options) {
  using What = SettingsCommandOptions::What;
  app.require_subcommand(1);
  CLI::App* check = app.add_subcommand("check", "Whether a stateward.yaml is right");
  check->callback([&options] { options.what = What::check; });
  check->add_option("FILE", options.settings.file, "Not the stateward.yaml of this folder or above")
      ->type_name("FILE");
  check->footer(
      "Exit codes:\n"
      "  0  it is right\n"
      "  1  it is not, or an exemption in it excepts nothing any more\n"
      "  2  wrong usage, or there is none");
  CLI::App* show = app.add_subcommand("show", "What is in force, and from where");
  show->callback([&options] { options.what = What::show; });
  add_settings(*show, options.settings);
  show->add_option("--namespace", options.name_space, "For objects of this namespace (default)")
      ->type_name("NS");
  show->add_option("--kind", options.kind, "For objects of this kind (StatefulSet)");
  show->add_option("--name", options.name, "For an object of this name");
  add_choice(*show, "-o,--output", options.format, kSettingsFormats, "Format");
  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of settings");
  schema->callback([&options] { options.what = What::schema; });
  app.footer(
      "Examples:\n"
      "  stateward settings check\n"
      "  stateward settings show --namespace prod");
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
  CLI::App app{
      "Guards stateful workloads on Kubernetes: finds what breaks their identity or storage."};
  app.name("stateward");
  app.require_subcommand(0, 1);
  app.failure_message(usage_message);
  ValidateOptions validate;
  ExplainOptions explain;
  ServeOptions serve;
  ControlOptions control;
  AuditOptions audit;
  DoctorOptions doctor;
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
  CLI::App* control_app = app.add_subcommand(
      "control", "Keep governing Services, claim labels and certificates in a cluster");
  add_control(*control_app, control);
  CLI::App* audit_app = app.add_subcommand("audit", "Judge what lives in a cluster");
  add_audit(*audit_app, audit);
  CLI::App* certs_app = app.add_subcommand("certs", "Look at, make and renew certificates");
  const auto certs = add_certs(*certs_app);
  CLI::App* doctor_app = app.add_subcommand("doctor", "Look an installation over");
  add_doctor(*doctor_app, doctor);
  CompletionOptions completion;
  CLI::App* completion_app =
      app.add_subcommand("completion", "Print a script that makes a shell complete commands");
  add_completion(*completion_app, completion);
  CLI::App* settings_app =
      app.add_subcommand("settings", "Check a stateward.yaml, or show what is in force");
  SettingsCommandOptions settings;
  add_settings_command(*settings_app, settings);
  app.add_subcommand("version", "Print the version");
  app.footer(kExamples);  // last, for commands begin with their parent's

  try {
    app.parse(argc, argv);
    if (show_version) return Command(VersionOptions{});
    if (app.get_subcommands().empty())
      throw CLI::RequiredError("no command given", CLI::ExitCodes::RequiredError);
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(app.exit(error) == 0 ? 0 : 2);
  }
  if (validate_app->parsed()) return Command(std::move(validate));
  if (explain_app->parsed()) return Command(std::move(explain));
  if (serve_app->parsed()) return Command(std::move(serve));
  if (control_app->parsed()) return Command(std::move(control));
  if (audit_app->parsed()) return Command(std::move(audit));
  if (certs_app->parsed()) return Command(certs());
  if (doctor_app->parsed()) return Command(std::move(doctor));
  if (completion_app->parsed()) {
    completion.program = shape_of(app);
    return Command(std::move(completion));
  }
  if (settings_app->parsed()) return Command(std::move(settings));
  return Command(VersionOptions{});
}

}  // namespace stateward
