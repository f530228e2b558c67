// What our TLS is: version 1.2 or later, forward secrecy and authenticated ciphers only, HTTP/1.1,
// no tickets and no renegotiation. The settings are for any front that has an SSL_CTX.
#pragma once

#include <openssl/types.h>

#include "certs/identity.h"
#include "engine/result.h"

namespace stateward {

// An error leaves `context` unfit for use.
Result<void> set_up_tls(SSL_CTX& context, const Identity& identity);

}  // namespace stateward
