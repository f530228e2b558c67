#include "engine/claim.h"

#include <charconv>
#include <string>

#include "engine/workload.h"

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

}  // namespace stateward
