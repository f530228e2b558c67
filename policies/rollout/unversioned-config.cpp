// Longer than most: an edit is covered in many ways, and one that is not known here is a false
// word.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "engine/config_reference.h"
#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool is_hash(std::string_view value) {
  if (value.starts_with("sha256:")) return true;
  constexpr std::array<std::size_t, 5> kSizes = {32, 40, 56, 64, 128};
  return std::find(kSizes.begin(), kSizes.end(), value.size()) != kSizes.end() &&
         value.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// Something in the template changes with the configuration.
bool carries_checksum(const StatefulSet& set) {
  const Node metadata = set.spec()["template"]["metadata"];
  for (const Node notes : {metadata["annotations"], metadata["labels"]}) {
    for (const auto [key, value] : notes.members()) {
      if (is_hash(value.text()) ||
          contains_any(key, {"checksum", "hash", "sha256", "md5", "digest", "config-version"}))
        return true;
    }
  }
  for (const Container& container : set.pod_spec().containers()) {
    for (const Node variable : container.node["env"].items()) {
      if (is_hash(variable["value"].text()) &&
          contains_any(variable["name"].text(), {"hash", "sum"}))
        return true;
    }
  }
  return false;
}

// A controller restarts the members: Stakater's Reloader, Pusher's Wave, fabric8's.
bool is_reloaded(const StatefulSet& set) {
  for (const Node notes :
       {set.object.metadata()["annotations"], set.spec()["template"]["metadata"]["annotations"]}) {
    for (const auto [key, value] : notes.members()) {
      if (contains_any(key, {"reload", "wave.pusher.com/", "fabric8.io/update-on-change"}))
        return true;
    }
  }
  return false;
}

// Something beside the server tells it of new files, or may: whoever sees its process.
bool has_reloader(const PodSpec& pod) {
  if (pod.node["shareProcessNamespace"].boolean()) return true;
  const auto containers = pod.containers();
  return std::any_of(containers.begin(), containers.end(), [](const Container& container) {
    return container.long_running() &&
           (contains_any(container.name(), {"reload"}) ||
            contains_any(image_repository(container.image()), {"reload", "k8s-sidecar"}));
  });
}

// An edit makes another object, is impossible, or is made by a machine for whoever watches it.
bool is_versioned(const Object& config) {
  if (config.node["immutable"].boolean() || ends_with_version(config.name)) return true;
  const Node annotations = config.metadata()["annotations"];
  const std::string_view type = config.node["type"].text();
  return annotations["kapp.k14s.io/versioned"].exists() ||
         config.annotation("kustomize.config.k8s.io/needs-hash") == "true" ||
         config.label("config.openshift.io/inject-trusted-cabundle") == "true" ||
         type == "kubernetes.io/tls" || type == "kubernetes.io/service-account-token";
}

// What may be edited, of which every reference that nothing refreshes counts first.
std::vector<ConfigReference> unversioned(const Subject& subject, const PodSpec& pod) {
  std::vector<ConfigReference> all = config_references(pod);
  const bool reloader = has_reloader(pod);
  std::erase_if(all, [&](const ConfigReference& reference) {
    const Object* config =
        subject.set.find(reference.kind, subject.object.name_space, reference.name);
    return config == nullptr || is_versioned(*config) || (reference.refreshed && reloader);
  });
  std::stable_partition(all.begin(), all.end(), [](const ConfigReference& reference) {
    return !reference.refreshed && reference.kind == Kind::config_map;
  });
  return all;
}

void check(const Subject& subject, Findings& findings) {
  const StatefulSet set{subject.object};
  if (set.update_strategy() == "OnDelete" || subject.object.controller().exists()) return;
  const auto all = unversioned(subject, set.pod_spec());
  if (all.empty() || carries_checksum(set) || is_reloaded(set)) return;
  const ConfigReference& first = all.front();
  std::set<std::pair<Kind, std::string_view>> objects;
  for (const ConfigReference& reference : all) objects.emplace(reference.kind, reference.name);
  const std::string more =
      objects.size() > 1 ? fmt::format(" (and {} more)", objects.size() - 1) : std::string();
  const std::string_view kind = first.kind == Kind::secret ? "Secret" : "ConfigMap";
  if (first.refreshed) {
    findings
        .add(first.path,
             fmt::format("an edit of {} \"{}\"{} starts no rollout", kind, first.name, more))
        .as_info();
    return;
  }
  Finding& finding = findings.add(
      first.path, fmt::format("an edit of {} \"{}\"{} reaches no running member: it is read by {}",
                              kind, first.name, more, first.how));
  // What it opens keeps the password that it was made with.
  if (first.kind == Kind::secret) finding.as_info();
}

}  // namespace

extern const Policy unversioned_config;
constinit const Policy unversioned_config{
    .id = "unversioned-config",
    .section = "rollout",
    .severity = Severity::low,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .needs = Needs::siblings,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "Members keep the configuration that they started with when it is edited.",
    .reason =
        "An edit of a ConfigMap or Secret changes no template, so nothing is rolled out. What is "
        "read into the environment, mounted by subPath or read by an init container stays as it "
        "was until a member happens to restart: members of one set then run with different "
        "configurations, and a broken edit shows long after it was made.",
    .exceptions =
        "ConfigMaps and Secrets that are not among the files, so always in a cluster; immutable "
        "ones, names that end with a version or hash, those that kapp or kustomize version; TLS "
        "and token Secrets. A template with a checksum; annotations of a reloader, or a reloading "
        "container beside the server, or shareProcessNamespace, where a volume holds the files. "
        "OnDelete, and sets with a "
        "controller. Volumes, which the kubelet refreshes, and Secrets are only mentioned "
        "(severity info).",
    .remedy = "make it immutable with a version in its name, or put its checksum on the template",
    .sources =
        "ConfigMap.immutable, EnvVarSource, VolumeMount.subPath (core/v1)\n"
        "Kubernetes documentation: ConfigMaps, mounted ones are updated automatically\n"
        "kapp.k14s.io/versioned; kustomize: hash suffixes; stakater/Reloader; pusher/wave",
    .check = check,
};

}  // namespace stateward::policies
