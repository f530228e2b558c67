// OpenSSL's certificates and keys as owned values, to and from PEM text. Whoever sets up TLS builds
// on this; everybody else speaks of Identity and Authority.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"

namespace stateward {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// All certificates in `pem`, in order; at least one. Other blocks (a key, parameters) are passed
// over.
Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem);
// The first private key in `pem`. Nobody is asked for a passphrase: an encrypted key is an error.
Result<PrivateKey> key_from_pem(std::string_view pem);

Result<std::string> to_pem(X509& certificate);
Result<std::string> to_pem(EVP_PKEY& key);  // PKCS #8, not encrypted

std::chrono::sys_seconds not_before(const X509& certificate);
std::chrono::sys_seconds not_after(const X509& certificate);

// What OpenSSL says went wrong while we did `what`. Empties its queue, which would mislead the next
// who asks.
Error openssl_error(std::string_view what);

}  // namespace stateward
