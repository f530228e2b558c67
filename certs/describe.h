// What stands in a certificate, as text and times: for people, and for whoever decides by it.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"

namespace stateward {

struct CertificateDescription {
  std::string subject;  // "CN=stateward authority" (RFC 2253)
  std::string issuer;
  std::string serial;  // hexadecimal
  std::string key;     // "EC P-256", "RSA 2048"
  std::vector<std::string>
      names;  // its subject alternative names: DNS names, and addresses as text
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
  bool authority = false;  // may sign others
  // Below these an authority may sign, and for nothing else; empty: for anything.
  std::vector<std::string> permitted_names;

  bool operator==(const CertificateDescription&) const = default;
};

CertificateDescription describe(X509& certificate);
// All certificates of a PEM text, in order.
Result<std::vector<CertificateDescription>> describe(std::string_view pem);

// The first key of the one text is that of the first certificate of the other.
Result<bool> key_belongs(std::string_view certificate_pem, std::string_view key_pem);

std::vector<std::string> names_of(const X509& certificate);
std::vector<std::string> permitted_names_of(const X509& certificate);

}  // namespace stateward
