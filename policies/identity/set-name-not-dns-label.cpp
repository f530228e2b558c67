#include <fmt/format.h>

#include "engine/names.h"
#include "engine/policy.h"

namespace stateward::policies {
namespace {

void check(const Subject& subject, Findings& findings) {
  const std::string_view name = subject.object.name;
  if (name.empty() || is_dns_label(name)) return;
  findings.add(
      "/metadata/name",
      name.size() > 63
          ? fmt::format("the name has {} characters; a DNS label has at most 63", name.size())
          : fmt::format("name \"{}\" is no DNS label, so no Pod can have it as its hostname",
                        name));
}

}  // namespace

extern const Policy set_name_not_dns_label;
constinit const Policy set_name_not_dns_label{
    .id = "set-name-not-dns-label",
    .section = "identity",
    .severity = Severity::high,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .kinds = {Kind::stateful_set},
    .operations = {Operation::create},
    .summary = "The set's name is no DNS label.",
    .reason =
        "Its Pods are named after it and have their name as their hostname, which cannot hold "
        "dots, upper case or more than 63 characters. Present API servers refuse the set; older "
        "ones took it, and every Pod was refused.",
    .exceptions = "A name that the API server generates.",
    .remedy =
        "use at most 63 lower-case letters, digits and dashes, beginning and ending with a "
        "letter or digit",
    .sources =
        "ObjectMeta.name (meta/v1), StatefulSet (apps/v1)\n"
        "RFC 1123",
    .check = check,
};

}  // namespace stateward::policies
