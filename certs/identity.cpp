#include "certs/identity.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>

#include "certs/pem.h"
#include "certs/pem_file.h"

namespace stateward {
namespace {

bool looks_like_key(const std::string& pem) {
  return pem.find("PRIVATE KEY-----") != std::string::npos;
}

Error in_file(const std::filesystem::path& path, const Error& error, std::string_view remedy) {
  return {fmt::format("{}: {}; {}", path.string(), error.message, remedy)};
}

}  // namespace

Result<Identity> load_identity(const std::filesystem::path& chain, const std::filesystem::path& key,
                               std::chrono::sys_seconds now) {
  auto chain_text = read_pem_file(chain);
  if (!chain_text) return tl::unexpected(chain_text.error());
  auto key_text = read_pem_file(key);
  if (!key_text) return tl::unexpected(key_text.error());

  const auto certificates = certificates_from_pem(*chain_text);
  if (!certificates) {
    const std::string_view remedy = looks_like_key(*chain_text)
                                        ? "it holds a private key: the two files may be swapped"
                                        : "give the serving certificate and its chain as PEM";
    return tl::unexpected(in_file(chain, certificates.error(), remedy));
  }
  const auto private_key = key_from_pem(*key_text);
  if (!private_key) {
    return tl::unexpected(
        in_file(key, private_key.error(),
                "give the certificate's key as PEM without a passphrase (openssl pkey)"));
  }
  X509& serving = *certificates->front();
  if (X509_check_private_key(&serving, private_key->get()) != 1) {
    ERR_clear_error();
    return fail(fmt::format(
        "{}: is not the key of the certificate in {}; give the pair that was made together",
        key.string(), chain.string()));
  }
  const std::chrono::sys_seconds expires = not_after(serving);
  if (expires <= now) {
    return fail(fmt::format("{}: the certificate expired on {:%Y-%m-%d}; renew it", chain.string(),
                            expires));
  }
  return Identity{
      .chain = std::move(*chain_text), .key = std::move(*key_text), .not_after = expires};
}

}  // namespace stateward
