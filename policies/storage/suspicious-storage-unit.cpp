#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "engine/policy.h"
#include "engine/quantity.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;

struct Decimal {
  std::string_view suffix;
  double less;  // than its binary neighbour, in percent
};
constexpr std::array kDecimal = {Decimal{"k", 2.3}, Decimal{"M", 4.6}, Decimal{"G", 6.9},
                                 Decimal{"T", 9.1}};

// A volume that stands there already has its size, in whatever unit.
bool is_given(const Subject& subject) {
  const Object& claim = subject.object;
  if (claim.kind != Kind::claim) return false;
  if (claim.spec()["volumeName"].exists()) return true;
  const auto volumes = subject.set.all(Kind::volume, {});
  return std::any_of(volumes.begin(), volumes.end(), [&](const Object* volume) {
    const Node reference = volume->spec()["claimRef"];
    return reference["name"].text() == claim.name &&
           reference["namespace"].text() == claim.name_space;
  });
}

void judge(const Subject& subject, Node spec, const Path& path, Findings& findings) {
  const Node size = spec["resources"]["requests"]["storage"];
  const auto amount = quantity(size);
  if (!amount || amount->value <= 0) return;
  const std::string written = size.is_text() ? std::string(size.text()) : to_json(size);
  const auto place = [&] { return path / "resources" / "requests" / "storage"; };
  const auto decimal = std::find_if(kDecimal.begin(), kDecimal.end(), [&](const Decimal& known) {
    return known.suffix == amount->suffix;
  });
  if (amount->suffix == "m" || amount->suffix == "u" || amount->suffix == "n") {
    Finding& finding = findings.add(
        place(),
        fmt::format("{} means {} bytes: m stands for thousandths", written, amount->value));
    finding.severity = Severity::medium;
    finding.with_action(EnforcementAction::warn);
  } else if (is_given(subject)) {
    return;
  } else if (amount->value < kMebibyte) {
    findings.add(place(), fmt::format("{} is less than 1Mi", written));
  } else if (decimal != kDecimal.end()) {
    findings.add(place(),
                 fmt::format("{} is decimal, {} % less than {}i", written, decimal->less, written));
  }
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.kind == Kind::claim)
    return judge(subject, subject.object.spec(), "/spec", findings);
  for (const ClaimTemplate& claim_template : StatefulSet{subject.object}.claim_templates())
    judge(subject, claim_template.spec(), claim_template.path() / "spec", findings);
}

}  // namespace

extern const Policy suspicious_storage_unit;
constinit const Policy suspicious_storage_unit{
    .id = "suspicious-storage-unit",
    .section = "storage",
    .severity = Severity::low,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .kinds = {Kind::stateful_set, Kind::claim},
    .operations = {Operation::create},
    .summary = "The size of a volume is written in a unit that is seldom meant.",
    .reason =
        "100m is a tenth of a byte, which the API server stores with a warning and a provisioner "
        "rounds up to whatever it makes least. 10G is ten billion bytes, seven percent less than "
        "10Gi. Less than a mebibyte is hardly a volume.",
    .exceptions =
        "1Mi and more in Mi, Gi and larger binary units, and in plain bytes; a claim for a volume "
        "that names it, or that it names: that has its size already.",
    .remedy = "write it in Mi or Gi",
    .sources =
        "resource.Quantity (k8s.io/apimachinery)\n"
        "Kubernetes 1.36.3: \"100m\" is accepted with a warning (fractional byte value)",
    .check = check,
};

}  // namespace stateward::policies
