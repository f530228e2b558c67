// What our TLS is: version 1.2 or later, forward secrecy and authenticated ciphers only, HTTP/1.1,
// no tickets and no renegotiation. The settings are for any front that has an SSL_CTX. What is
// shown and whom it trusts can be replaced while it serves: handshakes that begin afterwards see
// the new one, open connections live on.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "certs/identity.h"
#include "engine/result.h"

namespace stateward {

// The identity that is served now; at first none, and then handshakes fail. Thread safe.
class ServingIdentity {
 public:
  ServingIdentity();
  ServingIdentity(const ServingIdentity&) = delete;
  ServingIdentity& operator=(const ServingIdentity&) = delete;
  ~ServingIdentity();

  // An error (the key is another's, or too weak for TLS) leaves the last one in place.
  Result<void> replace(const Identity& identity);
  // When the certificate ends; none where there is no identity yet.
  std::optional<std::chrono::sys_seconds> expires() const;
  // From its beginning to its end.
  std::optional<std::chrono::seconds> life() const;

  // From now on clients must show a certificate that one of these authorities signed for clients,
  // of this name (its common name or a DNS name; empty: any). May be called again; an error leaves
  // the last ones in place.
  Result<void> require_clients(std::string_view authorities, std::string name);

 private:
  friend struct Handshake;
  struct Shown;
  struct Trusted;
  mutable std::mutex mutex_;
  std::shared_ptr<const Shown> shown_;
  std::shared_ptr<const Trusted> trusted_;
};

// `identity` must outlive the context and its connections. An error leaves `context` unfit for use.
Result<void> set_up_tls(SSL_CTX& context, ServingIdentity& identity);

}  // namespace stateward
