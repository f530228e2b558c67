// Which volume holds data: that on which a known server's data path lies; of an unknown one, a
// folder of the node or a volume made with the Pod where it is all that the Pod can write to. Of an
// emptyDir the last says nothing: it is scratch as often as not.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

constexpr std::array<std::string_view, 3> kShortLived = {"emptyDir", "hostPath", "ephemeral"};
// Filled by the kubelet: nobody keeps data there.
constexpr std::array<std::string_view, 4> kConfiguration = {"configMap", "secret", "projected",
                                                            "downwardAPI"};

struct Volume {
  Node node;
  std::size_t index = 0;    // among the Pod's
  std::string_view source;  // of kShortLived; empty: it may last
  std::string_view name() const { return node["name"].text(); }
  Path path() const { return Path("/spec/template/spec/volumes") / index / source; }
};

template <std::size_t size>
std::string_view source_among(const std::array<std::string_view, size>& sources, Node volume) {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](std::string_view one) { return volume[one].exists(); });
  return found == sources.end() ? std::string_view() : *found;
}

std::optional<Volume> volume_named(const StatefulSet& set, std::string_view name) {
  if (set.has_claim_template(name)) return Volume{};
  std::size_t index = 0;
  for (const Node volume : set.pod_spec().volumes().items()) {
    const std::size_t at = index++;
    if (volume["name"].text() != name) continue;
    if (!source_among(kConfiguration, volume).empty()) return std::nullopt;
    return Volume{volume, at, source_among(kShortLived, volume)};
  }
  return std::nullopt;
}

// The volumes that a container writes to, each mount's.
std::vector<Volume> written_by(const StatefulSet& set, const Container& container) {
  std::vector<Volume> volumes;
  for (const VolumeUse& use : volume_uses(container)) {
    const auto volume = use.read_only ? std::nullopt : volume_named(set, use.name);
    if (volume) volumes.push_back(*volume);
  }
  return volumes;
}

bool any_lasts(const std::vector<Volume>& volumes) {
  return std::any_of(volumes.begin(), volumes.end(),
                     [](const Volume& volume) { return volume.source.empty(); });
}

struct Data {
  std::string what;  // "postgres keeps /var/lib/postgresql", "all that it writes is"
  VolumeUse mount;
  bool maybe_cache = false;
};

std::optional<Data> data_of(const Container& container, const std::vector<Volume>& written) {
  if (const KnownImage* image = known_image(container); image != nullptr) {
    for (const std::string_view path : image->data_paths) {
      if (path.empty()) continue;
      if (auto mount = mount_under(container, path); mount && !mount->read_only) {
        return Data{fmt::format("{} keeps its data", image_repository(container.image())),
                    std::move(*mount), image->maybe_cache};
      }
    }
    return std::nullopt;
  }
  if (written.size() != 1 || written.front().source == "emptyDir") return std::nullopt;
  for (VolumeUse& use : volume_uses(container)) {
    if (use.name == written.front().name())
      return Data{fmt::format("container \"{}\" keeps what it writes", container.name()),
                  std::move(use)};
  }
  return std::nullopt;
}

// A file of its own, as a configuration is mounted.
bool is_one_file(const VolumeUse& use) {
  const std::string_view path = use.node["mountPath"].text();
  return !use.node["subPath"].text().empty() &&
         path.substr(path.rfind('/') + 1).find('.') != std::string_view::npos;
}

// A server that must keep what it knows and has no folder to write to but its own layer. Arguments
// that begin with a word may make something else of the image.
bool keeps_on_its_layer(const Container& container) {
  const KnownImage* image = known_image(container);
  if (image == nullptr || image->data_paths.front().empty()) return false;
  if (image->maybe_cache || image->may_keep_nothing) return false;
  const Node arguments = container.node["args"];
  if (!arguments.empty() && !(*arguments.items().begin()).text().starts_with('-')) return false;
  const std::vector<VolumeUse> uses = volume_uses(container);
  return std::all_of(uses.begin(), uses.end(),
                     [](const VolumeUse& use) { return use.read_only || is_one_file(use); });
}

// A socket, a device or a file of the node, or one of the system's own folders.
bool is_of_the_node(const Volume& volume) {
  const std::string_view type = volume.node["hostPath"]["type"].text();
  const std::string_view path = volume.node["hostPath"]["path"].text();
  constexpr std::array<std::string_view, 8> kSystem = {
      "/dev", "/proc", "/sys", "/run", "/var/run", "/var/log", "/etc", "/lib/modules"};
  return (!type.empty() && type != "Directory" && type != "DirectoryOrCreate") || path == "/" ||
         std::any_of(kSystem.begin(), kSystem.end(),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

bool is_pinned(const PodSpec& pod) {
  const Node affinity = pod.node["affinity"]["nodeAffinity"];
  return !pod.node["nodeSelector"].empty() || pod.node["nodeName"].exists() ||
         affinity["requiredDuringSchedulingIgnoredDuringExecution"].exists();
}

bool keeps_apart(const PodSpec& pod) {
  const Node terms =
      pod.node["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  return pod.node["hostNetwork"].boolean() || !terms.empty();
}

void judge_host_path(const Subject& subject, const Container& container, const Data& data,
                     const Volume& volume, Findings& findings) {
  const PodSpec pod = StatefulSet{subject.object}.pod_spec();
  const bool several = max_replicas(subject.object, subject.set) > 1;
  Finding& finding = findings.add(
      volume.path(), fmt::format("{} in a folder of whichever node it runs on", data.what));
  if (!several && is_pinned(pod)) finding.as_info();
  if (!several || is_per_pod(container, data.mount) || keeps_apart(pod)) return;
  finding.message = fmt::format("{} in a folder that all replicas on a node share", data.what);
  finding.with_action(EnforcementAction::deny);
}

// `told`: volumes of which something was said, which is said once for all containers.
void judge(const Subject& subject, const Container& container, std::set<std::string_view>& told,
           Findings& findings) {
  const StatefulSet set{subject.object};
  const std::vector<Volume> written = written_by(set, container);
  if (any_lasts(written)) return;
  if (keeps_on_its_layer(container)) {
    findings.add(container.path() / "volumeMounts",
                 fmt::format("{} keeps its data on no volume: gone when the container restarts",
                             image_repository(container.image())));
    return;
  }
  const auto data = data_of(container, written);
  const auto volume = data ? volume_named(set, data->mount.name) : std::nullopt;
  if (!volume || volume->source.empty() || !told.insert(volume->name()).second) return;
  if (volume->source == "hostPath") {
    if (!is_of_the_node(*volume)) judge_host_path(subject, container, *data, *volume, findings);
    return;
  }
  const std::string_view what =
      volume->source == "ephemeral" ? "a volume that goes with the Pod" : "an emptyDir";
  Finding& finding = findings.add(
      volume->path(), fmt::format("{} in {}: gone when the Pod is replaced", data->what, what));
  if (data->maybe_cache) finding.as_info();
}

void check(const Subject& subject, Findings& findings) {
  std::set<std::string_view> told;
  for (const Container& container : StatefulSet{subject.object}.pod_spec().containers()) {
    if (container.long_running() && !is_helper_container(container))
      judge(subject, container, told, findings);
  }
}

}  // namespace

extern const Policy data_on_ephemeral_volume;
constinit const Policy data_on_ephemeral_volume{
    .id = "data-on-ephemeral-volume",
    .section = "storage",
    .severity = Severity::high,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "A member keeps its data where it is lost with the Pod or the node.",
    .reason =
        "An emptyDir and a generic ephemeral volume go with the Pod: after an update, an "
        "eviction or a drain the member comes back empty. What a server keeps on no volume at "
        "all goes with its container: a crash is enough. A hostPath stays on its node and the "
        "member may not; replicas that meet on one node write to one and the same folder, which "
        "is denied.",
    .exceptions =
        "Containers that write to a lasting volume as well; images that are unknown, but for "
        "one writable volume that is a folder of the node or made with the Pod; sockets, "
        "devices and the node's system folders. What may be a cache (redis, valkey) and one "
        "replica pinned to its node are only mentioned. Nothing is said of a server without "
        "volumes whose arguments begin with a word, or that some run with its data elsewhere or "
        "without any (vault, nats, grafana).",
    .remedy = "keep it in a claim of each replica's own: volumeClaimTemplates",
    .sources =
        "EmptyDirVolumeSource, HostPathVolumeSource, EphemeralVolumeSource (core/v1)\n"
        "Kubernetes documentation: Ephemeral Volumes, lifecycle and PersistentVolumeClaim\n"
        "Data paths: each row of the known images says where it was read",
    .check = check,
};

}  // namespace stateward::policies
