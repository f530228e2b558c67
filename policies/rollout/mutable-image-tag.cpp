#include <fmt/format.h>

#include "engine/known_images.h"
#include "engine/policy.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// The tag of "registry:5000/team/app:1.2"; empty where there is none.
std::string_view tag_of(std::string_view image) {
  const std::size_t colon = image.rfind(':');
  const bool in_registry =
      colon != std::string_view::npos && image.find('/', colon) != std::string_view::npos;
  return colon == std::string_view::npos || in_registry ? std::string_view()
                                                        : image.substr(colon + 1);
}

// "latest-alpine", "3-latest": latest of a kind.
bool has_latest(std::string_view tag) {
  while (true) {
    const std::size_t end = tag.find_first_of("-_.");
    if (tag.substr(0, end) == "latest") return true;
    if (end == std::string_view::npos) return false;
    tag.remove_prefix(end + 1);
  }
}

// "alpine", "stable", "nightly", "main": without a digit no version and no commit is named.
// Releases of distributions have names.
bool names_no_version(std::string_view image, std::string_view tag) {
  const std::string_view repository = image_repository(image);
  return tag.find_first_of("0123456789") == std::string_view::npos && repository != "debian" &&
         repository != "ubuntu";
}

// "$(IMAGE)", "${IMAGE}", "{{ .Values.image }}", "<image>": somebody fills it in later.
bool is_placeholder(std::string_view image) {
  return image.find_first_of("${<") != std::string_view::npos;
}

void check(const Subject& subject, Findings& findings) {
  for (const Container& container : StatefulSet{subject.object}.pod_spec().containers()) {
    const std::string_view image = container.image();
    if (container.list == ContainerList::ephemeral_containers || image.empty() ||
        is_placeholder(image))
      continue;
    if (image.find('@') != std::string_view::npos) continue;
    const std::string_view tag = tag_of(image);
    const Path path = container.path() / "image";
    if (tag.empty()) {
      findings.add(path, fmt::format("image \"{}\" has no tag, which means latest", image));
    } else if (has_latest(tag) || names_no_version(image, tag)) {
      findings.add(path, fmt::format("image \"{}\" may be another one for each new Pod", image));
    } else {
      findings
          .add(path,
               fmt::format("image \"{}\" has a tag and no digest: it may be pushed again", image))
          .as_info();
    }
  }
}

}  // namespace

extern const Policy mutable_image_tag;
constinit const Policy mutable_image_tag{
    .id = "mutable-image-tag",
    .section = "rollout",
    .severity = Severity::medium,
    .action = EnforcementAction::warn,
    .guarded = EnforcementAction::warn,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create, Operation::update},
    .summary = "An image is named by no tag, or by one that names no version, such as latest.",
    .reason =
        "Members are replaced at different times, each with what the tag means on that day: the "
        "members of one set run different code on one protocol and one data format.",
    .exceptions =
        "An image with a digest; a name that is still a placeholder. A tag with a digit in it, "
        "which may name a version or a commit, is only mentioned where there is no digest "
        "(severity info), unless latest is a part of it (latest-alpine); so is a named release "
        "of Debian or Ubuntu.",
    .remedy = "name a version, or better a digest",
    .sources = "Container.image, .imagePullPolicy (core/v1)",
    .check = check,
};

}  // namespace stateward::policies
