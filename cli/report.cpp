#include "cli/report.h"

#include "engine/location.h"

namespace stateward {

Located locate_finding(const Manifests& manifests, const Finding& finding) {
  const Object& object = *finding.object;
  return {&manifests.file_of(object), locate(*object.document, object.node, finding.path)};
}

}  // namespace stateward
