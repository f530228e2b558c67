#include "certs/verify.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "certs/pem.h"

namespace stateward {
namespace {

using Store = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

// Borrows its certificates.
void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
using Borrowed = std::unique_ptr<STACK_OF(X509), Freed<free_stack>>;

bool set_up(X509_VERIFY_PARAM& parameters, const std::string& name, std::chrono::sys_seconds now) {
  X509_VERIFY_PARAM_set_time(&parameters, static_cast<time_t>(now.time_since_epoch().count()));
  X509_VERIFY_PARAM_set_flags(&parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(&parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return X509_VERIFY_PARAM_set_purpose(&parameters, X509_PURPOSE_SSL_SERVER) == 1 &&
         (X509_VERIFY_PARAM_set1_ip_asc(&parameters, name.c_str()) == 1 ||
          X509_VERIFY_PARAM_set1_host(&parameters, name.c_str(), name.size()) == 1);
}

}  // namespace

Result<void> bundle_verifies(std::string_view bundle, std::string_view chain,
                             const std::string& name, std::chrono::sys_seconds now) {
  const auto roots = certificates_from_pem(bundle);
  if (!roots) return fail(fmt::format("the bundle: {}", roots.error().message));
  const auto certificates = certificates_from_pem(chain);
  if (!certificates) return fail(fmt::format("the chain: {}", certificates.error().message));

  const Store store(X509_STORE_new());
  const Borrowed intermediates(sk_X509_new_null());
  const StoreContext context(X509_STORE_CTX_new());
  bool ready = store && intermediates && context;
  for (const Certificate& root : *roots)
    ready = ready && X509_STORE_add_cert(store.get(), root.get()) == 1;
  for (const Certificate& certificate : *certificates)
    ready = ready && sk_X509_push(intermediates.get(), certificate.get()) > 0;
  ready = ready &&
          X509_STORE_CTX_init(context.get(), store.get(), certificates->front().get(),
                              intermediates.get()) == 1 &&
          set_up(*X509_STORE_CTX_get0_param(context.get()), name, now);
  if (!ready) return tl::unexpected(openssl_error("verifying a certificate"));
  const bool verified = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (verified) return {};
  return fail(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

}  // namespace stateward
