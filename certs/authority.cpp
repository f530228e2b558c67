#include "certs/authority.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>

#include "certs/pem.h"

namespace stateward {
namespace {

using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using GeneralName = std::unique_ptr<GENERAL_NAME, Freed<GENERAL_NAME_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freed<BN_free>>;

constexpr int kVersion3 = 2;
constexpr const char* kAuthorityName = "stateward authority";
constexpr const char* kServingName = "stateward webhook";

bool set_random_serial(X509& certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] |= 0x40U;  // never zero, and always 16 bytes long
  bytes[0] &= 0x7FU;
  const BigNumber number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool set_life(X509& certificate, std::chrono::sys_seconds now, std::chrono::seconds life) {
  const auto seconds = [](std::chrono::sys_seconds time) {
    return static_cast<time_t>(time.time_since_epoch().count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(&certificate), seconds(now - kBackdated)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), seconds(now + life)) != nullptr;
}

bool set_common_name(X509_NAME* name, const char* text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text), -1, -1, 0) == 1;
}

// `value` in the notation of openssl.cnf; never anything that came from outside.
bool add_extension(X509& certificate, X509& issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

GeneralName general_name(const std::string& text) {
  GeneralName name(GENERAL_NAME_new());
  if (!name) return name;
  if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str())) {
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
    return name;
  }
  ASN1_IA5STRING* dns = ASN1_IA5STRING_new();
  if (dns == nullptr || ASN1_STRING_set(dns, text.data(), static_cast<int>(text.size())) != 1)
    return nullptr;
  GENERAL_NAME_set0_value(name.get(), GEN_DNS, dns);
  return name;
}

bool add_names(X509& certificate, std::span<const std::string> names) {
  const GeneralNames all(GENERAL_NAMES_new());
  for (const std::string& text : names) {
    GeneralName name = general_name(text);
    if (!all || !name || sk_GENERAL_NAME_push(all.get(), name.get()) == 0) return false;
    static_cast<void>(name.release());
  }
  return X509_add1_ext_i2d(&certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) ==
         1;
}

struct Draft {
  Certificate certificate;
  PrivateKey key;
};

// What both kinds have in common; not yet signed.
Result<Draft> draft(const char* name, std::chrono::sys_seconds now, std::chrono::seconds life) {
  Draft made{Certificate(X509_new()), PrivateKey(EVP_EC_gen("P-256"))};
  const bool done =
      made.certificate && made.key && X509_set_version(made.certificate.get(), kVersion3) == 1 &&
      set_random_serial(*made.certificate) && set_life(*made.certificate, now, life) &&
      set_common_name(X509_get_subject_name(made.certificate.get()), name) &&
      X509_set_pubkey(made.certificate.get(), made.key.get()) == 1;
  if (!done) return tl::unexpected(openssl_error("making a certificate"));
  return made;
}

bool sign(X509& certificate, EVP_PKEY& key) {
  return X509_sign(&certificate, &key, EVP_sha256()) != 0;
}

}  // namespace

Result<Authority> make_authority(std::chrono::sys_seconds now, std::chrono::seconds life) {
  const auto made = draft(kAuthorityName, now, life);
  if (!made) return tl::unexpected(made.error());
  X509& certificate = *made->certificate;
  const bool done =
      X509_set_issuer_name(&certificate, X509_get_subject_name(&certificate)) == 1 &&
      add_extension(certificate, certificate, NID_basic_constraints,
                    "critical,CA:TRUE,pathlen:0") &&
      add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
      sign(certificate, *made->key);
  if (!done) return tl::unexpected(openssl_error("making an authority"));
  auto certificate_text = to_pem(certificate);
  auto key_text = to_pem(*made->key);
  if (!certificate_text || !key_text) return tl::unexpected(openssl_error("writing an authority"));
  return Authority{.certificate = std::move(*certificate_text), .key = std::move(*key_text)};
}

Result<Identity> issue(const Authority& authority, std::span<const std::string> names,
                       std::chrono::sys_seconds now, std::chrono::seconds life) {
  if (names.empty()) return fail("a serving certificate needs a name");
  const auto issuers = certificates_from_pem(authority.certificate);
  if (!issuers) return tl::unexpected(issuers.error());
  const auto issuer_key = key_from_pem(authority.key);
  if (!issuer_key) return tl::unexpected(issuer_key.error());
  const auto made = draft(kServingName, now, life);
  if (!made) return tl::unexpected(made.error());

  X509& issuer = *issuers->front();
  X509& certificate = *made->certificate;
  const bool done =
      X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) == 1 &&
      add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
      add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
      add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
      add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
      add_names(certificate, names) && sign(certificate, **issuer_key);
  if (!done) return tl::unexpected(openssl_error("issuing a serving certificate"));
  auto chain = to_pem(certificate);
  auto key = to_pem(*made->key);
  if (!chain || !key) return tl::unexpected(openssl_error("writing a serving certificate"));
  return Identity{
      .chain = std::move(*chain), .key = std::move(*key), .not_after = not_after(certificate)};
}

}  // namespace stateward
