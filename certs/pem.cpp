#include "certs/pem.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>

namespace stateward {
namespace {

using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;

Bio reader(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(&bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&broken_down)));
}

// Without a callback of ours OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem) {
  ERR_clear_error();  // what others left there would be taken for the reason of our end
  const Bio bio = reader(pem);
  std::vector<Certificate> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const unsigned long error = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (!at_end) return tl::unexpected(openssl_error("malformed PEM certificate"));
  ERR_clear_error();
  if (certificates.empty()) return fail("no PEM certificate in it");
  return certificates;
}

Result<PrivateKey> key_from_pem(std::string_view pem) {
  // OpenSSL's decoders say "unsupported" to all of these.
  if (pem.find("PRIVATE KEY-----") == std::string_view::npos)
    return fail("no PEM private key in it");
  if (pem.find("ENCRYPTED") != std::string_view::npos) return fail("the key is encrypted");
  const Bio bio = reader(pem);
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) return tl::unexpected(openssl_error("malformed PEM private key"));
  return key;
}

Result<std::string> to_pem(X509& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), &certificate) != 1) {
    return tl::unexpected(openssl_error("writing a certificate"));
  }
  return text_of(*bio);
}

Result<std::string> to_pem(EVP_PKEY& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return tl::unexpected(openssl_error("writing a private key"));
  }
  return text_of(*bio);
}

std::chrono::sys_seconds not_before(const X509& certificate) {
  return time_of(X509_get0_notBefore(&certificate));
}

std::chrono::sys_seconds not_after(const X509& certificate) {
  return time_of(X509_get0_notAfter(&certificate));
}

Error openssl_error(std::string_view what) {
  const unsigned long error = ERR_peek_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  ERR_clear_error();
  return {fmt::format("{}: {}", what, reason == nullptr ? "unknown error" : reason)};
}

}  // namespace stateward
