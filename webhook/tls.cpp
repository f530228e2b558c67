#include "webhook/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/pem.h"

namespace stateward {
namespace {

// The API server speaks HTTP/2 to a webhook that offers it; we do not.
constexpr unsigned char kProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof(kProtocols),
                                           offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

bool use(SSL_CTX& context, std::vector<Certificate>& chain, EVP_PKEY& key) {
  if (SSL_CTX_use_certificate(&context, chain.front().get()) != 1) return false;
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(&context, chain[i].get()) != 1) return false;
  }
  // Refuses a key that is not the certificate's.
  return SSL_CTX_use_PrivateKey(&context, &key) == 1;
}

bool restrict(SSL_CTX& context) {
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
  return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(&context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set1_groups_list(&context, "X25519:P-256") == 1 &&
         SSL_CTX_set_num_tickets(&context, 0) == 1;
}

}  // namespace

Result<void> set_up_tls(SSL_CTX& context, const Identity& identity) {
  auto chain = certificates_from_pem(identity.chain);
  if (!chain) return tl::unexpected(chain.error());
  const auto key = key_from_pem(identity.key);
  if (!key) return tl::unexpected(key.error());
  if (!restrict(context) || !use(context, *chain, **key))
    return tl::unexpected(openssl_error("setting up TLS"));
  return {};
}

}  // namespace stateward
