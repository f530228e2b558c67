#include <fmt/format.h>

#include "engine/injection.h"
#include "engine/service.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::string_view kEntry = "service-name";
const char* const kPath = "/spec/serviceName";

void propose(const Subject& subject, std::span<const Proposal>, std::vector<Proposal>& out) {
  const std::string service = proposed_service_name(subject.object, subject.kubernetes);
  // Without a spec the API server refuses the set, and so it does with a name that no Service can
  // have.
  if (!subject.object.spec().is_map() || service.empty()) return;
  if (!StatefulSet{subject.object}.service_name().empty()) return;
  out.push_back({.entry = std::string(kEntry),
                 .patch = {{.op = PatchOperation::Op::add,
                            .path = kPath,
                            .value = fmt::format("\"{}\"", service)}}});
}

std::optional<Path> place(std::string_view entry, Node object, Node) {
  if (entry != kEntry || !object["spec"].is_map()) return std::nullopt;
  return Path(kPath);
}

}  // namespace

extern const Injection inject_service_name;
constinit const Injection inject_service_name{
    .id = "inject-service-name",
    .group = "service-name",
    .kinds = {Kind::stateful_set},
    .summary =
        "Sets spec.serviceName to <set>-headless where a new StatefulSet names no governing "
        "Service.",
    .reason =
        "The name must stand when the set is created: it is immutable, and Pods take their "
        "subdomain from it. The Service itself may come later; records appear as soon as it "
        "does. The plain name of the set is not used because a Service of that name for clients "
        "is the common case. Before Kubernetes 1.36, where no Service's name may begin with a "
        "digit, such a set gets s-<set>-headless.",
    .exceptions =
        "A name that the user gave is never changed. generateName has no name yet when we are "
        "asked.",
    .sources =
        "StatefulSetSpec.serviceName (apps/v1)\n"
        "KEP-5311",
    .immutable = true,
    .propose = propose,
    .place = place,
};

}  // namespace stateward::policies
