#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/file_probe.h"
#include "engine/json_writer.h"
#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr Parameter kParameters[] = {
    {.name = "enoughSeconds",
     .description = "How long a liveness probe must wait to be enough without a startup probe",
     .standard = 120,
     .least = 1,
     .most = 86'400}};

// The liveness probe's own handler, asked for ten minutes before liveness counts.
std::string startup_probe(const Probe& liveness) {
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  for (const std::string_view handler : {"httpGet", "tcpSocket", "exec", "grpc"}) {
    if (liveness.node[handler].exists()) out.key(handler).node(liveness.node[handler]);
  }
  out.key("periodSeconds").integer(10).key("failureThreshold").integer(60).end_object();
  return json;
}

// Volumes on which nothing outlives the Pod, or nobody keeps data.
constexpr std::array<std::string_view, 5> kScratch = {"emptyDir", "configMap", "secret",
                                                      "projected", "downwardAPI"};

bool lasts(const StatefulSet& set, std::string_view name) {
  if (set.has_claim_template(name)) return true;
  const auto volumes = set.pod_spec().volumes().items();
  const auto found = std::find_if(volumes.begin(), volumes.end(),
                                  [&](Node volume) { return volume["name"].text() == name; });
  return found != volumes.end() &&
         std::none_of(kScratch.begin(), kScratch.end(),
                      [&](std::string_view source) { return (*found)[source].exists(); });
}

// A volume with what earlier runs left, to be recovered before it serves.
bool keeps_data(const StatefulSet& set, const Container& container) {
  const std::vector<VolumeUse> uses = volume_uses(container);
  return std::any_of(uses.begin(), uses.end(),
                     [&](const VolumeUse& use) { return !use.read_only && lasts(set, use.name); });
}

void check(const Subject& subject, Findings& findings) {
  const std::int64_t enough = number(subject, kParameters[0]);
  const StatefulSet set{subject.object};
  for (const Container& container : set.pod_spec().containers()) {
    const Probe liveness = container.liveness();
    if (!container.long_running() || !liveness.exists() || container.startup().exists()) continue;
    if (liveness.budget() >= enough || is_helper_container(container)) continue;
    if (asks_for_standing_files(set.pod_spec(), container, liveness)) continue;
    const Path startup = container.path() / "startupProbe";
    Finding& finding = findings.add(
        container.path() / "livenessProbe",
        fmt::format("container \"{}\" is killed when it takes longer than {} s to start",
                    container.name(), liveness.budget()));
    finding.with_fix(
        Fix::Applicability::unsafe,
        {{.op = PatchOperation::Op::add, .path = startup, .value = startup_probe(liveness)}});
    if (keeps_data(set, container)) continue;
    finding.severity = Severity::low;
    finding.at_most(EnforcementAction::audit);
  }
}

}  // namespace

extern const Policy liveness_without_startup_budget;
constinit const Policy liveness_without_startup_budget{
    .id = "liveness-without-startup-budget",
    .section = "availability",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A liveness probe leaves a starting member too little time.",
    .reason =
        "A member that replays its log, or initialises its volume for the first time, is killed "
        "before it is done, and again at each restart. Killed in its first start it may leave a "
        "half-initialised volume for ever.",
    .exceptions =
        "A startup probe, whatever its budget; a liveness probe that waits 120 seconds or "
        "longer, or one that only looks for files which stand there before the server begins "
        "(ls /data/lost+found, test -d /data where that is mounted). Of a container that keeps "
        "nothing on a lasting volume it is only audited.",
    .remedy =
        "add a startupProbe that allows ten minutes: the liveness handler with periodSeconds 10 "
        "and failureThreshold 60",
    .sources =
        "Container.startupProbe (core/v1)\n"
        "Probe.initialDelaySeconds, .periodSeconds, .failureThreshold (core/v1)",
    .parameters = kParameters,
    .check = check,
};

}  // namespace stateward::policies
