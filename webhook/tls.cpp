#include "webhook/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>
#include <vector>

#include "certs/pem.h"

namespace stateward {

struct ServingIdentity::Shown {
  std::vector<Certificate> certificates;  // the serving one first
  PrivateKey key;
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
};

struct ServingIdentity::Trusted {
  std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> store;
  std::string name;
};

namespace {

using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Freed<SSL_free>>;

// Borrows its certificates.
void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
using Borrowed = std::unique_ptr<STACK_OF(X509), Freed<free_stack>>;

constexpr long kLargestClientChain = 16 << 10;  // bytes; OpenSSL's own limit is six times as much

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

// The connection takes references of its own. Refuses a key that is not the certificate's.
bool show(SSL& connection, const std::vector<Certificate>& certificates, EVP_PKEY& key) {
  const Borrowed chain(sk_X509_new_null());
  bool added = chain != nullptr;
  for (std::size_t i = 1; i < certificates.size(); ++i)
    added = added && sk_X509_push(chain.get(), certificates[i].get()) > 0;
  return added &&
         SSL_use_cert_and_key(&connection, certificates.front().get(), &key, chain.get(), 1) == 1;
}

bool restrict(SSL_CTX& context) {
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS);
  // Of clients: what a handshake may hold, by any number of them.
  SSL_CTX_set_max_cert_list(&context, kLargestClientChain);
  SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
  return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(&context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set1_groups_list(&context, "X25519:P-256") == 1 &&
         SSL_CTX_set_num_tickets(&context, 0) == 1;
}

bool is_called(X509& certificate, const std::string& name) {
  std::array<char, 256> common_name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(&certificate), NID_commonName, common_name.data(),
                            static_cast<int>(common_name.size()));
  return name == common_name.data() ||
         X509_check_host(&certificate, name.c_str(), name.size(),
                         X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS,
                         nullptr) == 1;
}

}  // namespace

// What OpenSSL calls in the course of a handshake.
struct Handshake {
  static int choose_certificate(SSL* connection, void* identity) {
    auto& serving = *static_cast<ServingIdentity*>(identity);
    std::shared_ptr<const ServingIdentity::Shown> shown;
    std::shared_ptr<const ServingIdentity::Trusted> trusted;
    {
      const std::lock_guard lock(serving.mutex_);
      shown = serving.shown_;
      trusted = serving.trusted_;
    }
    if (!shown || !show(*connection, shown->certificates, *shown->key)) return 0;
    if (!trusted) return 1;
    SSL_set_verify(connection, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, check_client);
    SSL_set_verify_depth(connection, 4);
    return SSL_set1_verify_cert_store(connection, trusted->store.get()) == 1 &&
                   remember(*connection, trusted->name)
               ? 1
               : 0;
  }

  // The name that this handshake asks for goes with the connection.
  static bool remember(SSL& connection, const std::string& name) {
    auto kept = std::make_unique<std::string>(name);
    delete static_cast<std::string*>(SSL_get_ex_data(&connection, index_of_name()));
    if (SSL_set_ex_data(&connection, index_of_name(), kept.get()) != 1) return false;
    static_cast<void>(kept.release());
    return true;
  }

  static int index_of_name() {
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* name, CRYPTO_EX_DATA*, int, long, void*) {
          delete static_cast<std::string*>(name);
        });
    return index;
  }

  static int check_client(int verified, X509_STORE_CTX* context) {
    if (verified != 1 || X509_STORE_CTX_get_error_depth(context) != 0) return verified;
    const auto* connection = static_cast<SSL*>(
        X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* name = static_cast<std::string*>(SSL_get_ex_data(connection, index_of_name()));
    if (name == nullptr) return 0;
    if (name->empty() || is_called(*X509_STORE_CTX_get_current_cert(context), *name)) return 1;
    X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
  }
};

ServingIdentity::ServingIdentity() = default;
ServingIdentity::~ServingIdentity() = default;

Result<void> ServingIdentity::replace(const Identity& identity) {
  auto certificates = certificates_from_pem(identity.chain);
  if (!certificates) return tl::unexpected(certificates.error());
  auto key = key_from_pem(identity.key);
  if (!key) return tl::unexpected(key.error());
  // A handshake could only fail: so it is tried on here.
  const Context context(SSL_CTX_new(TLS_server_method()));
  const Connection trial(context&& restrict(*context) ? SSL_new(context.get()) : nullptr);
  if (!trial || !show(*trial, *certificates, **key))
    return tl::unexpected(openssl_error("the certificate cannot be served"));
  auto shown = std::make_shared<Shown>();
  shown->not_before = not_before(*certificates->front());
  shown->not_after = not_after(*certificates->front());
  shown->certificates = std::move(*certificates);
  shown->key = std::move(*key);
  const std::lock_guard lock(mutex_);
  shown_ = std::move(shown);
  return {};
}

std::optional<std::chrono::sys_seconds> ServingIdentity::expires() const {
  const std::lock_guard lock(mutex_);
  return shown_ ? std::optional(shown_->not_after) : std::nullopt;
}

std::optional<std::chrono::seconds> ServingIdentity::life() const {
  const std::lock_guard lock(mutex_);
  return shown_ ? std::optional(shown_->not_after - shown_->not_before) : std::nullopt;
}

Result<void> ServingIdentity::require_clients(std::string_view authorities, std::string name) {
  const auto certificates = certificates_from_pem(authorities);
  if (!certificates) return tl::unexpected(certificates.error());
  auto trusted = std::make_shared<Trusted>();
  trusted->name = std::move(name);
  trusted->store.reset(X509_STORE_new());
  bool added = trusted->store != nullptr;
  for (const Certificate& certificate : *certificates)
    added = added && X509_STORE_add_cert(trusted->store.get(), certificate.get()) == 1;
  if (!added) return tl::unexpected(openssl_error("the clients' authorities"));
  const std::lock_guard lock(mutex_);
  trusted_ = std::move(trusted);
  return {};
}

Result<void> set_up_tls(SSL_CTX& context, ServingIdentity& identity) {
  ERR_clear_error();
  if (!restrict(context)) return tl::unexpected(openssl_error("setting up TLS"));
  SSL_CTX_set_cert_cb(&context, Handshake::choose_certificate, &identity);
  return {};
}

}  // namespace stateward
