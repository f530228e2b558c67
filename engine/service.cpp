#include "engine/service.h"

#include "engine/workload.h"

namespace stateward {

const Object* governing_service_of(const Object& stateful_set, const ObjectSet& set) {
  const std::string_view name = StatefulSet{stateful_set}.service_name();
  return name.empty() ? nullptr : set.find(Kind::service, stateful_set.name_space, name);
}

}  // namespace stateward
