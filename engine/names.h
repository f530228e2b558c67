// Kubernetes names and label values, matched by hand in linear time (RFC 1123 and 1035 as
// k8s.io/apimachinery/util/validation has them).
#pragma once

#include <string_view>

namespace stateward {

bool is_dns_label(std::string_view text);  // RFC 1123: [a-z0-9]([-a-z0-9]*[a-z0-9])?, at most 63
bool is_dns_subdomain(std::string_view text);  // labels joined by dots, at most 253 in all
bool is_port_name(std::string_view text);      // IANA service name: at most 15, a letter, no "--"
// A label's value: empty, or at most 63 letters, digits, dashes, dots and underscores, the first
// and the last a letter or digit.
bool is_label_value(std::string_view text);

}  // namespace stateward
