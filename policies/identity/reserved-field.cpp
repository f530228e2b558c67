#include <fmt/format.h>

#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// The controller writes its own value over it, so removing it changes nothing.
void overwritten(const Path& path, std::string message, Findings& findings) {
  findings.add(path, std::move(message))
      .with_fix(Fix::Applicability::safe, {{.op = PatchOperation::Op::remove, .path = path}});
}

void check_selector(const StatefulSet& set, Findings& findings) {
  const Node selector = set.spec()["selector"];
  const auto report = [&](const Path& path, std::string_view label) {
    findings
        .add(path,
             fmt::format("the selector uses label \"{}\", which differs from Pod to Pod", label))
        .with_action(EnforcementAction::deny)
        .remedy = "select by labels that all Pods of the set share";
  };
  for (const std::string_view label : kControllerLabels) {
    if (selector["matchLabels"][label].exists())
      report(Path("/spec/selector/matchLabels") / label, label);
    std::size_t index = 0;
    for (const Node expression : selector["matchExpressions"].items()) {
      const Path path = Path("/spec/selector/matchExpressions") / index++ / "key";
      if (expression["key"].text() == label) report(path, label);
    }
  }
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  check_selector(set, findings);
  for (const std::string_view label : kControllerLabels) {
    const bool selected = set.spec()["selector"]["matchLabels"][label].exists();
    if (!set.pod_labels()[label].exists() || selected) continue;
    overwritten(Path("/spec/template/metadata/labels") / label,
                fmt::format("label \"{}\" is overwritten in every Pod", label), findings);
  }
  for (const std::string_view field : {"hostname", "subdomain"}) {
    const std::string_view value = set.pod_spec().node[field].text();
    // The value that every Pod gets anyhow.
    if (value.empty() || (field == "subdomain" && value == set.service_name())) continue;
    overwritten(Path("/spec/template/spec") / field,
                fmt::format("{} \"{}\" is overwritten in every Pod", field, value), findings);
  }
}

}  // namespace

extern const Policy reserved_field;
constinit const Policy reserved_field{
    .id = "reserved-field",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "The template sets what the controller sets for each Pod.",
    .reason =
        "The controller overwrites these labels, the hostname and the subdomain in every Pod. In "
        "the template they do nothing; in the selector they are worse: Pods fall out of the set, "
        "or only one ordinal ever belongs to it.",
    .remedy = "remove it: the controller sets it for each Pod",
    .sources =
        "Pod labels controller-revision-hash, statefulset.kubernetes.io/pod-name, "
        "apps.kubernetes.io/pod-index\n"
        "PodSpec.hostname, .subdomain (core/v1)",
    .check = check,
};

}  // namespace stateward::policies
