#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/names.h"
#include "engine/policy.h"
#include "engine/quantity.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::array<std::string_view, 4> kModes = {"ReadWriteOnce", "ReadOnlyMany",
                                                    "ReadWriteMany", "ReadWriteOncePod"};

void check_modes(const ClaimTemplate& claim, Findings& findings) {
  const Node modes = claim.spec()["accessModes"];
  const auto path = [&] { return claim.path() / "spec" / "accessModes"; };
  if (modes.empty())
    findings.add(path(), fmt::format("claim template \"{}\" names no access mode", claim.name()));
  const auto other = [](Node mode) { return mode.text() != "ReadWriteOncePod"; };
  const auto all = modes.items();
  const bool shared = std::any_of(all.begin(), all.end(), other);
  std::size_t index = 0;
  for (const Node mode : all) {
    const std::string_view name = mode.text();
    const std::size_t at = index++;
    if (std::find(kModes.begin(), kModes.end(), name) == kModes.end()) {
      findings.add(path() / at, fmt::format("\"{}\" is no access mode", name));
    } else if (name == "ReadWriteOncePod" && shared) {
      findings.add(path() / at,
                   "ReadWriteOncePod stands alone: no other access mode may be beside it");
    }
  }
}

void check_size(const ClaimTemplate& claim, Findings& findings) {
  const Node size = claim.spec()["resources"]["requests"]["storage"];
  const auto path = [&] { return claim.path() / "spec" / "resources" / "requests" / "storage"; };
  const auto amount = quantity(size);
  if (!size.exists()) {
    findings.add(path(), fmt::format("claim template \"{}\" requests no storage", claim.name()));
  } else if (!amount || amount->value <= 0) {
    findings.add(path(),
                 fmt::format("claim template \"{}\" requests \"{}\", which is no positive amount",
                             claim.name(), size.text("0")));
  }
}

void check(const Subject& subject, Findings& findings) {
  for (const ClaimTemplate& claim : StatefulSet{subject.object}.claim_templates()) {
    if (!is_dns_label(claim.name())) {
      findings.add(
          claim.path() / "metadata" / "name",
          fmt::format("claim template name \"{}\" is no DNS label, which a volume's name must be",
                      claim.name()));
    }
    check_modes(claim, findings);
    check_size(claim, findings);
    const Node source = claim.spec()["dataSource"];
    const Node reference = claim.spec()["dataSourceRef"];
    if (source.exists() && reference.exists() && !equal(source, reference)) {
      findings.add(
          claim.path() / "spec" / "dataSourceRef",
          fmt::format("claim template \"{}\" has a dataSourceRef that differs from its dataSource",
                      claim.name()));
    }
  }
}

}  // namespace

extern const Policy invalid_claim_template;
constinit const Policy invalid_claim_template{
    .id = "invalid-claim-template",
    .section = "storage",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "A claim template makes claims that the API server refuses.",
    .reason =
        "Each Pod waits for its claims and the claims are refused, so the set never gets a Pod. "
        "Since Kubernetes 1.34 the API server refuses such a set when it is created; before, "
        "only events tell.",
    .remedy =
        "give the template what every claim must have: a name, access modes and a positive "
        "storage request",
    .sources =
        "PersistentVolumeClaimSpec (core/v1)\n"
        "kubernetes/kubernetes#132211, #132212",
    .check = check,
};

}  // namespace stateward::policies
