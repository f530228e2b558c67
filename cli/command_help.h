// What the help says of each command besides its options: the command's name, what it does as one
// line, and what stands below the options. Lines that people see, so nothing is wrapped for them.
#pragma once

#include <string_view>

namespace stateward {

struct CommandHelp {
  std::string_view name;
  std::string_view does;
  std::string_view below = {};  // what it leaves alone, exit codes, examples
};

inline constexpr CommandHelp kStatewardHelp{
    "stateward",
    "Guards stateful workloads on Kubernetes: finds what breaks their identity or storage.",
    "Examples:\n"
    "  stateward validate deploy/\n"
    "  stateward explain missing-service-name\n"
    "  stateward serve --local\n"
    "  stateward audit -n prod\n"
    "\n"
    "stateward COMMAND --help tells more of each."};

inline constexpr CommandHelp kValidateHelp{
    "validate", "Judge manifests: files, folders, standard input",
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
    "  stateward validate -o github -o sarif=stateward.sarif -o junit=junit.xml deploy/"};

inline constexpr CommandHelp kExplainHelp{"explain",
                                          "List the policies, or explain one with examples",
                                          "Examples:\n"
                                          "  stateward explain\n"
                                          "  stateward explain missing-service-name\n"
                                          "  stateward explain -o markdown --out docs/policies"};

inline constexpr CommandHelp kServeHelp{
    "serve", "Answer admission reviews over TLS",
    "Paths: POST /mutate, /validate, /validate/observe (never denies), /validate/guard (guarded\n"
    "actions)\n"
    "\n"
    "Examples:\n"
    "  stateward serve --local\n"
    "  stateward serve --listen 0.0.0.0:9443 --tls-cert tls.crt --tls-key tls.key\n"
    "  stateward serve --in-cluster --listen 0.0.0.0:9443 --health-listen 0.0.0.0:8081"};

inline constexpr CommandHelp kControlHelp{
    "control", "Keep governing Services, claim labels and certificates in a cluster",
    "Several may run; one of them, the holder of the Lease, acts.\n"
    "\n"
    "Examples:\n"
    "  stateward control --in-cluster --health-listen 0.0.0.0:8081\n"
    "  stateward control --kubeconfig admin.conf"};

inline constexpr CommandHelp kAuditHelp{
    "audit", "Judge what lives in a cluster",
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
    "  stateward audit --context staging -o json > report.json"};

inline constexpr CommandHelp kCertsHelp{
    "certs", "Look at, make and renew certificates",
    "Examples:\n"
    "  stateward certs inspect tls.crt\n"
    "  stateward certs make --name stateward-webhook.stateward-system.svc"};

inline constexpr CommandHelp kCertsInspectHelp{
    "inspect", "Show what stands in certificates",
    "Exit codes:\n"
    "  0  all certificates hold now, and the key is the first one's\n"
    "  1  one does not, or the key is another's\n"
    "  2  wrong usage, or a file that cannot be read\n"
    "\n"
    "Examples:\n"
    "  stateward certs inspect tls.crt --key tls.key\n"
    "  kubectl get validatingwebhookconfiguration stateward-validating \\\n"
    "    -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | base64 -d | stateward certs "
    "inspect -"};

inline constexpr CommandHelp kCertsMakeHelp{
    "make", "Make an authority and a certificate for serving",
    "Writes tls.crt and tls.key, and ca.crt and ca.key where it makes the authority, which may\n"
    "sign for these names only.\n"
    "\n"
    "Examples:\n"
    "  stateward certs make --name stateward-webhook.stateward-system.svc --out certs"};

inline constexpr CommandHelp kCertsRenewHelp{
    "renew", "Make a certificate like an older one",
    "Writes tls.crt and tls.key, with a new key. A server that serves these files takes them\n"
    "within 10 s.\n"
    "\n"
    "Examples:\n"
    "  stateward certs renew --cert tls.crt --ca-cert ca.crt --ca-key ca.key --force"};

inline constexpr CommandHelp kCertsStatusHelp{
    "status", "Show the authority and the caBundles of a cluster",
    "Shows the authority that the controller keeps, where a rotation stands, and whether every\n"
    "webhook's caBundle is what it must be.\n"
    "\n"
    "Exit codes:\n"
    "  0  all is as it must be\n"
    "  1  it is not, or a person should look\n"
    "  2  wrong usage, or the cluster could not be read\n"
    "\n"
    "Examples:\n"
    "  stateward certs status --context production"};

inline constexpr CommandHelp kCertsRotateHelp{
    "rotate", "Replace the authority of a cluster before its time",
    "Starts to replace the authority before its time. The controller goes on by itself: both\n"
    "authorities are trusted, 5 minutes later the new one signs, and 7 days later, when the "
    "last\n"
    "certificate of the old one has ended, the old one is dropped. No call fails meanwhile.\n"
    "\n"
    "Examples:\n"
    "  stateward certs rotate --context production\n"
    "  stateward certs status --context production"};

inline constexpr CommandHelp kDoctorHelp{"doctor", "Look an installation over",
                                         "Nothing is changed in the cluster.\n"
                                         "\n"
                                         "Exit codes:\n"
                                         "  0  nothing failed, though there may be warnings\n"
                                         "  1  something failed\n"
                                         "  2  wrong usage, or the cluster does not answer\n"
                                         "\n"
                                         "Examples:\n"
                                         "  stateward doctor\n"
                                         "  stateward doctor --try-in prod"};

inline constexpr CommandHelp kCompletionHelp{
    "completion", "Print a script that makes a shell complete commands",
    "Examples:\n"
    "  source <(stateward completion bash)\n"
    "  stateward completion zsh > \"${fpath[1]}/_stateward\"\n"
    "  stateward completion fish > ~/.config/fish/completions/stateward.fish"};

inline constexpr CommandHelp kSettingsHelp{"settings",
                                           "Check a stateward.yaml, or show what is in force",
                                           "Examples:\n"
                                           "  stateward settings check\n"
                                           "  stateward settings show --namespace prod"};

inline constexpr CommandHelp kSettingsCheckHelp{
    "check", "Whether a stateward.yaml is right",
    "Exit codes:\n"
    "  0  it is right\n"
    "  1  it is not, or an exemption in it excepts nothing any more\n"
    "  2  wrong usage, or there is none"};

inline constexpr CommandHelp kSettingsShowHelp{"show", "What is in force, and from where"};

inline constexpr CommandHelp kSettingsSchemaHelp{"schema", "Print the JSON Schema of settings"};

inline constexpr CommandHelp kVersionHelp{"version", "Print the version"};

}  // namespace stateward
