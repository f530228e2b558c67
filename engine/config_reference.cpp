#include "engine/config_reference.h"

#include <algorithm>

namespace stateward {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool consists_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

void add(std::vector<ConfigReference>& all, ConfigReference reference) {
  if (!reference.name.empty()) all.push_back(std::move(reference));
}

void add_environment(const Container& container, std::vector<ConfigReference>& all) {
  constexpr std::string_view kHow = "its environment";
  std::size_t index = 0;
  for (const Node from : container.node["envFrom"].items()) {
    const Path path = container.path() / "envFrom" / index++;
    add(all, {Kind::config_map, from["configMapRef"]["name"].text(), path / "configMapRef" / "name",
              kHow});
    add(all, {Kind::secret, from["secretRef"]["name"].text(), path / "secretRef" / "name", kHow});
  }
  index = 0;
  for (const Node variable : container.node["env"].items()) {
    const std::size_t at = index++;
    const Node from = variable["valueFrom"];
    if (!from.exists()) continue;
    const Path path = container.path() / "env" / at / "valueFrom";
    add(all, {Kind::config_map, from["configMapKeyRef"]["name"].text(),
              path / "configMapKeyRef" / "name", kHow});
    add(all,
        {Kind::secret, from["secretKeyRef"]["name"].text(), path / "secretKeyRef" / "name", kHow});
  }
}

// How a volume's files are taken up, by the mount that decides it.
struct Uptake {
  Path path;  // empty: that of the volume's source
  std::string_view how;
  bool refreshed = false;
};

// Of several mounts the one that is refreshed least, but for those of init containers, which count
// only where there are no others.
Uptake uptake_of(std::string_view volume, const std::vector<Container>& containers) {
  Uptake whole;
  Uptake before;
  for (const Container& container : containers) {
    for (const VolumeUse& use : volume_uses(container)) {
      if (use.name != volume) continue;
      if (!container.long_running()) {
        before = {.how = "an init container"};
      } else if (!non_empty(use.node["subPath"]).empty() ||
                 !non_empty(use.node["subPathExpr"]).empty()) {
        return {.path = use.path(), .how = "a subPath mount"};
      } else {
        whole = {.how = "a volume", .refreshed = true};
      }
    }
  }
  return whole.how.empty() ? before : whole;
}

void add_source(Node source, std::string_view secret_name, const Path& path, const Uptake& uptake,
                std::vector<ConfigReference>& all) {
  const auto at = [&](std::string_view member, std::string_view name) {
    return uptake.path.text().empty() ? path / member / name : uptake.path;
  };
  add(all, {Kind::config_map, source["configMap"]["name"].text(), at("configMap", "name"),
            uptake.how, uptake.refreshed});
  add(all, {Kind::secret, source["secret"][secret_name].text(), at("secret", secret_name),
            uptake.how, uptake.refreshed});
}

}  // namespace

std::vector<ConfigReference> config_references(const PodSpec& pod) {
  std::vector<ConfigReference> all;
  std::vector<Container> containers = pod.containers();
  std::erase_if(containers, [](const Container& container) {
    return container.list == ContainerList::ephemeral_containers;
  });
  for (const Container& container : containers) add_environment(container, all);
  std::size_t index = 0;
  for (const Node volume : pod.volumes().items()) {
    const Path path = Path(pod.path) / "volumes" / index++;
    const Uptake uptake = uptake_of(volume["name"].text(), containers);
    if (uptake.how.empty()) continue;
    add_source(volume, "secretName", path, uptake, all);
    std::size_t source = 0;
    for (const Node projected : volume["projected"]["sources"].items())
      add_source(projected, "name", path / "projected" / "sources" / source++, uptake, all);
  }
  return all;
}

bool ends_with_version(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view before = name.substr(0, dash);
  std::string_view last = name.substr(dash + 1);
  constexpr std::size_t kKustomize = 10;
  if (last.size() == kKustomize && consists_of(last, "bcdfghkmt2456789")) return true;
  constexpr std::size_t kShortHash = 6;
  if (last.size() >= kShortHash && consists_of(last, "0123456789abcdef") &&
      last.find_first_of(kDigits) != std::string_view::npos)
    return true;
  const bool dotted = last.find('.') != std::string_view::npos;
  if (consists_of(last, kDigits))
    return before.ends_with("-ver") || before.ends_with("-rev") || before.ends_with("-v");
  for (const std::string_view mark : {"ver", "rev", "v"}) {
    if (!last.starts_with(mark)) continue;
    last.remove_prefix(mark.size());
    return consists_of(last, "0123456789.");
  }
  return dotted && consists_of(last, "0123456789.");
}

}  // namespace stateward
