// Who asks for what: the part of an AdmissionReview's request that judging depends on, beside the
// objects.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stateward {

enum class Operation : std::uint8_t {
  create,
  update,
  remove,
  connect
};  // remove: DELETE, a keyword of C++

// A calendar day, UTC.
struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
  auto operator<=>(const Date&) const = default;
};

std::string to_string(Date date);  // "2027-01-31"
// "2027-01-31"; anything else, or a day that does not exist, is nullopt.
std::optional<Date> parse_date(std::string_view text);

struct Request {
  std::string_view user;                             // userInfo.username
  std::string_view subresource;                      // "scale", or empty
  std::optional<std::int64_t> grace_period_seconds;  // DeleteOptions
  std::string_view propagation_policy;               // DeleteOptions; empty where not given
  bool dry_run = false;
};

// system:serviceaccount:*, compared whole words: an operator, not a person.
bool is_service_account(std::string_view user);
// kubelets, the controller manager and its own controllers: denying them wedges the cluster.
bool is_system_actor(std::string_view user);
// The horizontal pod autoscaler's own account: warned, never denied.
bool is_autoscaler(std::string_view user);
// A kubelet (system:node:NAME).
bool is_kubelet(std::string_view user);

// "reason; until 2027-01-31", the form of every annotation that lifts a policy. The reason must not
// be empty.
struct Consent {
  std::string_view reason;
  std::optional<Date> until;
};
// nullopt where `text` is empty, has no reason, or has an end date that cannot be read or is past.
std::optional<Consent> parse_consent(std::string_view text, Date today);

}  // namespace stateward
