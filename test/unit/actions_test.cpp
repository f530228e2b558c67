// Examples fix where a policy finds something; this fixes how strict it is there, for policies
// whose strictness depends on who asks and where.

#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>

#include "policies/catalogue.h"
#include "test/unit/examples.h"

using namespace stateward;

namespace {

struct Expected {
  std::string_view policy;
  std::string_view file;
  EnforcementAction action;
  EnforcementAction guarded;
};

constexpr auto kAudit = EnforcementAction::audit;
constexpr auto kWarn = EnforcementAction::warn;
constexpr auto kDeny = EnforcementAction::deny;

constexpr Expected kExpected[] = {
    {"missing-governing-service", "bad.yaml", kDeny, kDeny},
    {"missing-governing-service", "bad-elsewhere.yaml", kDeny, kDeny},
    {"missing-governing-service", "bad-namespace-unsaid.yaml", kWarn, kWarn},
    {"missing-governing-service", "bad-one-replica.yaml", kWarn, kWarn},
    {"missing-governing-service", "bad-created.yaml", kAudit, kAudit},
    {"governing-service-not-headless", "bad-running.yaml", kWarn, kWarn},
    {"governing-service-not-headless", "bad-one-replica.yaml", kAudit, kAudit},
    {"governing-service-not-headless", "bad-update.yaml", kAudit, kAudit},
    {"governing-service-selector-mismatch", "bad.yaml", kDeny, kDeny},
    {"governing-service-selector-mismatch", "bad-role.yaml", kWarn, kWarn},
    {"governing-service-selector-mismatch", "bad-role-and-app.yaml", kDeny, kDeny},
    {"governing-service-selector-mismatch", "bad-no-selector.yaml", kAudit, kAudit},
    {"governing-service-selector-mismatch", "bad-created.yaml", kWarn, kWarn},
    {"disruption-budget-blocks-drain", "bad.yaml", kWarn, kWarn},
    {"disruption-budget-blocks-drain", "bad-broken-members.yaml", kAudit, kAudit},
    {"multiple-disruption-budgets", "bad.yaml", kDeny, kDeny},
    {"unsafe-quorum", "bad-autoscaled.yaml", kWarn, kWarn},
    {"unsafe-quorum", "bad-even.yaml", kAudit, kAudit},
    {"protected-claim-deletion", "bad.yaml", kDeny, kDeny},
    {"protected-claim-deletion", "bad-mounted.yaml", kDeny, kDeny},
    {"protected-claim-deletion", "bad-scaled-down.yaml", kDeny, kDeny},
    {"protected-claim-deletion", "bad-deployment.yaml", kWarn, kWarn},
    {"protected-claim-deletion", "bad-foreign-set.yaml", kWarn, kWarn},
    {"protected-claim-deletion", "bad-operator.yaml", kAudit, kAudit},
    {"pre-existing-claim", "bad.yaml", kWarn, kWarn},
    {"pre-existing-claim", "bad-own.yaml", kAudit, kAudit},
    {"pre-existing-claim", "bad-manifest.yaml", kAudit, kAudit},
    {"bare-pod-with-claim", "bad-created.yaml", kWarn, kWarn},
    {"bare-pod-with-claim", "bad-service-account.yaml", kAudit, kAudit},
    {"claim-shared-by-pods", "bad.yaml", kWarn, kWarn},
    {"claim-shared-by-pods", "bad-pod-mode.yaml", kDeny, kDeny},
    {"unisolated-shared-claim", "bad.yaml", kWarn, kWarn},
    {"unisolated-shared-claim", "bad-database.yaml", kDeny, kDeny},
    {"data-on-ephemeral-volume", "bad.yaml", kWarn, kWarn},
    {"data-on-ephemeral-volume", "bad-cache.yaml", kAudit, kAudit},
    {"data-on-ephemeral-volume", "bad-host-path.yaml", kDeny, kDeny},
    {"data-on-ephemeral-volume", "bad-host-path-apart.yaml", kWarn, kWarn},
    {"data-on-ephemeral-volume", "bad-host-path-pinned.yaml", kAudit, kAudit},
    {"suspicious-storage-unit", "bad.yaml", kWarn, kWarn},
    {"suspicious-storage-unit", "bad-decimal.yaml", kAudit, kAudit},
    {"claim-template-resize", "bad.yaml", kDeny, kDeny},
    {"deployment-rwo-claim", "bad.yaml", kWarn, kWarn},
    {"deployment-rwo-claim", "bad-pod-mode.yaml", kDeny, kDeny},
    {"implicit-storage-class", "bad.yaml", kAudit, kAudit},
    {"implicit-storage-class", "bad-claim.yaml", kAudit, kAudit},
    {"implicit-storage-class", "bad-no-default.yaml", kWarn, kWarn},
    {"implicit-storage-class", "bad-with-default.yaml", kAudit, kAudit},
    {"implicit-storage-class", "bad-older-default.yaml", kAudit, kAudit},
    {"implicit-storage-class", "bad-read-only-many.yaml", kWarn, kWarn},
};

std::string_view text_of(const Expected& expected) {
  for (const policies::PolicyEntry& entry : policies::policy_entries_of_build()) {
    if (entry.policy->id != expected.policy) continue;
    for (const policies::Example& example : entry.examples) {
      if (example.file == expected.file) return example.text;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("a policy is as strict as who asks and where allow") {
  for (const Expected& expected : kExpected) {
    CAPTURE(expected.policy);
    CAPTURE(expected.file);
    const std::string_view text = text_of(expected);
    REQUIRE(!text.empty());
    const ExampleFile file(text);
    auto findings = file.judge(policies::all_policies());
    std::erase_if(findings,
                  [&](const Finding& finding) { return finding.policy->id != expected.policy; });
    REQUIRE(findings.size() == 1);
    CHECK((findings.front().action == expected.action));
    CHECK((findings.front().guarded == expected.guarded));
  }
}
