// `stateward certs status` and `stateward certs rotate`: what the controller keeps, and the one
// thing that a person may ask of it.

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "certs/describe.h"
#include "certs/rotation.h"
#include "cli/certificate_text.h"
#include "cli/certs.h"
#include "cli/safe_text.h"
#include "cluster/authority_keeper.h"
#include "cluster/installation.h"

namespace stateward {
namespace {

constexpr int kGood = 0;
constexpr int kNotGood = 1;
constexpr int kNotDone = 2;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

int refuse(std::string_view message) {
  fmt::print(stderr, "stateward: {}\n", safe_text(message));
  return kNotDone;
}

void print_line(std::string_view what, std::string_view value) {
  fmt::print("{:<10} {}\n", what, value);
}

std::string phase_of(const AuthoritySecret& secret) {
  const auto status = rotation_status(secret);
  if (!status) return "unreadable";
  return fmt::format("{}{}", to_string(status->phase),
                     status->since ? " since " + text_of(*status->since) : "");
}

void print_authority(std::string_view what, const std::string& pem, bool signs,
                     std::chrono::sys_seconds when) {
  if (pem.empty()) return;
  const auto described = describe(pem);
  if (!described) return print_line(what, "unreadable");
  const CertificateDescription& certificate = described->front();
  print_line(what, fmt::format("serial {}, until {} ({}){}", certificate.serial,
                               text_of(certificate.not_after), remaining(certificate, when),
                               signs ? ", signs" : ""));
}

bool print_bundles(const std::vector<WebhookConfiguration>& configurations,
                   const std::string& wanted) {
  bool good = true;
  for (const WebhookConfiguration& configuration : configurations) {
    for (const auto& webhook : configuration.webhooks) {
      const bool same = !wanted.empty() && webhook.bundle == wanted;
      good &= same;
      print_line("caBundle", fmt::format("{} {}: {}", configuration.name, safe_text(webhook.name),
                                         same                     ? "in sync"
                                         : webhook.bundle.empty() ? "EMPTY"
                                                                  : "NOT what it must be"));
    }
  }
  if (configurations.empty()) print_line("caBundle", "there is no configuration of ours");
  return good;
}

}  // namespace

// Configurations before the Secret, as the controller reads them.
int run_one(const CertsStatusOptions& options) {
  const auto source = connect(options.cluster);
  if (!source) return refuse(source.error().message);
  ApiClient client(*source);
  const auto configurations = read_configurations(client);
  if (!configurations) return refuse(configurations.error().message);
  const auto stored = read_authority(client, options.name_space);
  if (!stored) return refuse(stored.error().message);
  const AuthoritySecret& secret = stored->secret;
  if (secret == AuthoritySecret{}) {
    print_line("authority",
               "none: no controller has made one yet, or others keep the certificates");
    return kNotGood;
  }
  RotationView view{
      .stored = secret, .now = now(), .settings = {.names = webhook_names(options.name_space)}};
  for (const WebhookConfiguration& configuration : *configurations) {
    for (const auto& webhook : configuration.webhooks) view.bundles.push_back(webhook.bundle);
  }
  const auto planned = plan(view);
  if (!planned) return refuse(planned.error().message);
  const auto signer = signing_authority(secret, view.now);
  const auto status = rotation_status(secret);
  const bool switched = status && status->phase == RotationPhase::switched;
  print_authority("authority", secret.ca_crt, signer && !switched, view.now);
  print_authority("next", secret.next_crt, signer && switched, view.now);
  print_line("phase", phase_of(secret));
  print_line("plan", planned->reason);
  const bool in_sync = print_bundles(*configurations, planned->bundle);
  if (!signer) print_line("alarm", signer.error().message);
  if (planned->alarm) print_line("alarm", "a person should look: see the line plan");
  return in_sync && signer && !planned->alarm ? kGood : kNotGood;
}

int run_one(const CertsRotateOptions& options) {
  const auto source = connect(options.cluster);
  if (!source) return refuse(source.error().message);
  ApiClient client(*source);
  const auto stored = read_authority(client, options.name_space);
  if (!stored) return refuse(stored.error().message);
  if (stored->secret == AuthoritySecret{}) {
    return refuse(
        "there is no authority to replace: no controller has made one yet, or others keep the "
        "certificates");
  }
  const auto status = rotation_status(stored->secret);
  if (!status || status->phase != RotationPhase::stable) {
    return refuse(fmt::format("the authority is being replaced already: {}; see certs status",
                              phase_of(stored->secret)));
  }
  AuthorityKeeper keeper(client, options.name_space, {.names = webhook_names(options.name_space)},
                         [](std::string_view line) { fmt::print("{}\n", safe_text(line)); });
  const auto begun = keeper.step(now(), true);
  if (!begun) return refuse(begun.error().message);
  fmt::print("begun; the controller goes on by itself, and certs status shows where it stands\n");
  return kGood;
}

}  // namespace stateward
