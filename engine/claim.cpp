#include "engine/claim.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace stateward {

AccessModes access_modes(Node claim_spec) {
  AccessModes modes;
  for (const Node mode : claim_spec["accessModes"].items()) {
    const std::string_view name = mode.text();
    modes.read_write_once |= name == "ReadWriteOnce";
    modes.read_only_many |= name == "ReadOnlyMany";
    modes.read_write_many |= name == "ReadWriteMany";
    modes.read_write_once_pod |= name == "ReadWriteOncePod";
  }
  return modes;
}

std::optional<std::int64_t> ordinal_of(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  if (name.size() < 2 || name.front() != '-') return std::nullopt;
  name.remove_prefix(1);
  if (name.front() < '0' || name.front() > '9' || (name.front() == '0' && name.size() > 1))
    return std::nullopt;
  std::int64_t ordinal = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), ordinal);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return ordinal;
}

std::vector<ClaimOwner> owners_of_claim(std::string_view claim, std::string_view name_space,
                                        const ObjectSet& set) {
  std::vector<ClaimOwner> owners;
  for (const Object* object : set.all(Kind::stateful_set, name_space)) {
    for (const ClaimTemplate& claim_template : StatefulSet{*object}.claim_templates()) {
      const std::string prefix =
          std::string(claim_template.name()) + "-" + std::string(object->name);
      if (const auto ordinal = ordinal_of(claim, prefix))
        owners.push_back({object, claim_template.name(), *ordinal});
    }
  }
  return owners;
}

std::vector<ClaimVolume> claim_volumes(const PodSpec& pod) {
  std::vector<ClaimVolume> claims;
  std::size_t index = 0;
  for (const Node volume : pod.volumes().items()) {
    const std::size_t at = index++;
    const std::string_view claim = volume["persistentVolumeClaim"]["claimName"].text();
    if (claim.empty()) continue;
    claims.push_back(
        {claim, volume, Path(pod.path) / "volumes" / at / "persistentVolumeClaim" / "claimName"});
  }
  return claims;
}

bool is_read_only(const PodSpec& pod, Node volume) {
  if (volume["persistentVolumeClaim"]["readOnly"].boolean()) return true;
  bool used = false;
  for (const Container& container : pod.containers()) {
    for (const VolumeUse& use : volume_uses(container)) {
      if (use.name != volume["name"].text()) continue;
      used = true;
      if (!use.read_only) return false;
    }
  }
  return used;
}

std::vector<const Object*> pods_with_claim(std::string_view claim, std::string_view name_space,
                                           const ObjectSet& set) {
  std::vector<const Object*> pods;
  for (const Object* pod : set.all(Kind::pod, name_space)) {
    const auto volumes = pod->spec()["volumes"].items();
    const bool mounts = std::any_of(volumes.begin(), volumes.end(), [claim](Node volume) {
      return volume["persistentVolumeClaim"]["claimName"].text() == claim;
    });
    if (mounts && !has_ended(*pod)) pods.push_back(pod);
  }
  return pods;
}

}  // namespace stateward
