#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.h"
#include "engine/trimmed.h"
#include "policies/catalogue.h"

namespace stateward::policies {
namespace {

constexpr std::string_view kPrefix = "stateward.dev/exempt.";

// What of `text`, "reason; until 2027-01-31", keeps it from holding; empty where it holds.
std::string flaw_of(std::string_view text, Date today) {
  if (parse_consent(text, today)) return {};
  // Long before any end date, so that only the end date can have been in the way.
  if (const auto consent = parse_consent(text, Date{}); consent && consent->until)
    return fmt::format("ended on {}", to_string(*consent->until));
  return "needs a reason, and an end date as in \"; until 2027-01-31\" or none";
}

bool is_policy(std::string_view id) {
  const auto all = policy_entries_of_build();
  return std::any_of(all.begin(), all.end(),
                     [&](const PolicyEntry& entry) { return entry.policy->id == id; });
}

void judge_annotations(const Subject& subject, Findings& findings) {
  for (const auto& [key, value] : subject.object.metadata()["annotations"].members()) {
    if (!key.starts_with(kPrefix)) continue;
    const std::string_view id = key.substr(kPrefix.size());
    const Path path = Path("/metadata/annotations") / key;
    if (!is_policy(id)) {
      findings.add(path, fmt::format("there is no policy \"{}\" to be exempt from", id)).remedy =
          "name a policy that stateward explain lists, or take the exemption out";
    } else if (const std::string flaw = flaw_of(value.text(), subject.today); !flaw.empty()) {
      findings.add(path, fmt::format("the exemption from {} {}", id, flaw));
    }
  }
}

void judge_stated(const Subject& subject, Findings& findings) {
  const Node exemptions = subject.object.node["exemptions"];
  for (std::size_t index = 0; index < exemptions.size(); ++index) {
    const Node stated = exemptions[index];
    const Path path = Path("/exemptions") / index;
    const std::string_view first = stated["policies"][std::size_t{0}].text();
    if (trimmed(stated["reason"].text()).empty())
      findings.add(path / "reason", fmt::format("the exemption from {} has no reason", first));
    if (!stated["until"].exists()) continue;
    const auto until = parse_date(stated["until"].text());
    if (!until) {
      findings.add(path / "until",
                   fmt::format("\"{}\" is no date such as 2027-01-31", stated["until"].text()));
    } else if (*until < subject.today) {
      findings.add(path / "until",
                   fmt::format("the exemption from {} ended on {}", first, to_string(*until)));
    }
  }
}

void check(const Subject& subject, Findings& findings) {
  if (subject.object.kind == Kind::settings) return judge_stated(subject, findings);
  judge_annotations(subject, findings);
}

}  // namespace

extern const Policy invalid_exemption;
constinit const Policy invalid_exemption{
    .id = "invalid-exemption",
    .section = "lifecycle",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::object,
    .kinds = {Kind::stateful_set, Kind::deployment, Kind::pod, Kind::claim, Kind::service,
              Kind::disruption_budget, Kind::settings},
    .operations = {Operation::create, Operation::update},
    .summary = "An exemption has no reason, is past its end date, or names no policy.",
    .reason =
        "Such an exemption excepts nothing: what it was written for is found again. One that "
        "nobody can explain, or that was to end, is where the next accident hides.",
    .exceptions = "",
    .remedy = "give a reason and a later end date, or take the exemption out",
    .sources =
        "annotation stateward.dev/exempt.<policy>: \"reason; until 2027-01-31\"\n"
        "exemptions of stateward.yaml",
    .check = check,
};

}  // namespace stateward::policies
