#include <fmt/format.h>

#include <algorithm>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/service.h"

namespace stateward::policies {
namespace {

// Members that start together and wait for each other: none is ready before it has found the
// others. Ordered ones need the name of a member that is ready already, or none will ever be;
// without a probe a member is ready as soon as it runs.
bool waits_for_peers(const Object& set) {
  if (StatefulSet{set}.pod_management_policy() != "Parallel") return false;
  const auto containers = StatefulSet{set}.pod_spec().containers();
  return std::any_of(containers.begin(), containers.end(), [](const Container& container) {
    const KnownImage* image = known_image(container);
    return container.readiness().exists() && image != nullptr && image->peers_before_ready;
  });
}

// Another Service gives the addresses of its unready members: as a list, or each by a Service of
// its own.
bool published_otherwise(const Object& set, const ObjectSet& objects) {
  const auto services = objects.all(Kind::service, set.name_space);
  return std::any_of(services.begin(), services.end(), [&](const Object* object) {
    const Service service{*object};
    return service.publishes_not_ready() && service.is_for_peers() && service.selects(set);
  });
}

// Whether somebody may look for a member in vain. A false that is written is a choice: members that
// join those which are ready count on it.
bool is_missed(const Object& set, const Service& service, const ObjectSet& objects) {
  if (max_replicas(set, objects) <= 1 || published_otherwise(set, objects)) return false;
  return waits_for_peers(set) || service.tolerates_unready_endpoints() ||
         !service.object.spec()["publishNotReadyAddresses"].exists();
}

void judge(const Subject& subject, const Service& service, const Object& set, const Path& path,
           Findings& findings) {
  if (service.tolerates_unready_endpoints()) {
    if (subject.kubernetes < KubernetesVersion{1, 24}) return;
    findings.add(path, fmt::format("annotation tolerate-unready-endpoints of Service \"{}\" has no "
                                   "effect since Kubernetes 1.24",
                                   service.object.name));
    return;
  }
  Finding& finding = findings.add(
      path,
      fmt::format("unready members of StatefulSet \"{}\" have no name to be found by", set.name));
  if (waits_for_peers(set)) return;
  finding.as_info().remedy =
      "where members should be found before they are ready, set publishNotReadyAddresses: true";
}

// Of several sets that it governs the one that needs it most; nullptr where none does.
const Object* governed_by(const Service& service, const ObjectSet& set) {
  const Object* governed = nullptr;
  for (const Object* one : set.all(Kind::stateful_set, service.object.name_space)) {
    const bool counts = StatefulSet{*one}.service_name() == service.object.name &&
                        !one->being_deleted() && is_missed(*one, service, set);
    if (counts && (governed == nullptr || (waits_for_peers(*one) && !waits_for_peers(*governed))))
      governed = one;
  }
  return governed;
}

void check(const Subject& subject, Findings& findings) {
  const Object& object = subject.object;
  const bool is_set = object.kind == Kind::stateful_set;
  // Elsewhere it is told at the Service.
  if (is_set && subject.point != EnforcementPoint::admission) return;
  const Object* service = is_set ? governing_service_of(object, subject.set) : &object;
  if (service == nullptr || !Service{*service}.is_headless()) return;
  if (Service{*service}.publishes_not_ready()) return;
  if (!is_set) {
    if (const Object* set = governed_by({object}, subject.set); set != nullptr)
      judge(subject, {object}, *set, "/spec/publishNotReadyAddresses", findings);
  } else if (is_missed(object, {*service}, subject.set)) {
    judge(subject, {*service}, object, "/spec/serviceName", findings);
  }
}

}  // namespace

extern const Policy missing_publish_not_ready;
constinit const Policy missing_publish_not_ready{
    .id = "missing-publish-not-ready",
    .section = "networking",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::service, Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "The governing Service hides members that are not ready.",
    .reason =
        "The name of a member that is not ready does not resolve. Members that must find each "
        "other before they are ready then wait for ever: at the first start, and after every "
        "outage of all of them. Where they need not, a member that asks for its own name while "
        "it starts gets no answer, and one that fails its probe under load is gone for its "
        "peers, too, as if it had left.",
    .exceptions =
        "One replica at most; a set whose unready members another Service publishes, headless "
        "or of one Pod each; a Service that says publishNotReadyAddresses: false itself, where "
        "members are not known to wait for each other. It is only informed of where nothing "
        "tells that they do: podManagementPolicy OrderedReady, no readiness probe, or an image "
        "that is not known for it.",
    .remedy =
        "set publishNotReadyAddresses: true on the governing Service, and not on the one for "
        "clients",
    .sources =
        "ServiceSpec.publishNotReadyAddresses (core/v1)\n"
        "Kubernetes documentation: DNS for Services and Pods\n"
        "kubernetes/kubernetes#63742, #108020 (the annotation)",
    .check = check,
};

}  // namespace stateward::policies
