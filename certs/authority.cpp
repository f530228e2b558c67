#include "certs/authority.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "certs/describe.h"
#include "certs/pem.h"

namespace stateward {
namespace {

using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using GeneralName = std::unique_ptr<GENERAL_NAME, Freed<GENERAL_NAME_free>>;
using NameConstraints = std::unique_ptr<NAME_CONSTRAINTS, Freed<NAME_CONSTRAINTS_free>>;
using GeneralSubtree = std::unique_ptr<GENERAL_SUBTREE, Freed<GENERAL_SUBTREE_free>>;
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

bool set_life(X509& certificate, std::chrono::sys_seconds begin, std::chrono::sys_seconds end) {
  const auto seconds = [](std::chrono::sys_seconds time) {
    return static_cast<time_t>(time.time_since_epoch().count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(&certificate), seconds(begin)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), seconds(end)) != nullptr;
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

bool is_address(const std::string& text) {
  const std::unique_ptr<ASN1_OCTET_STRING, Freed<ASN1_OCTET_STRING_free>> address(
      a2i_IPADDRESS(text.c_str()));
  ERR_clear_error();
  return address != nullptr;
}

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Labels of letters, digits, '-' and '_'.
bool is_dns_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (;;) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > 63 ||
        !std::all_of(label.begin(), label.end(), is_label_character))
      return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
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

bool add_subtree(STACK_OF(GENERAL_SUBTREE) * *trees, GeneralName base) {
  GeneralSubtree tree(GENERAL_SUBTREE_new());
  if (*trees == nullptr) *trees = sk_GENERAL_SUBTREE_new_null();
  if (!tree || *trees == nullptr || !base) return false;
  GENERAL_NAME_free(tree->base);
  tree->base = base.release();
  if (sk_GENERAL_SUBTREE_push(*trees, tree.get()) == 0) return false;
  static_cast<void>(tree.release());
  return true;
}

// All addresses of a family: address and mask of zeros.
GeneralName every_address(int bytes) {
  GeneralName name(GENERAL_NAME_new());
  ASN1_OCTET_STRING* zeros = ASN1_OCTET_STRING_new();
  const std::array<unsigned char, 32> none{};
  if (!name || zeros == nullptr || ASN1_OCTET_STRING_set(zeros, none.data(), 2 * bytes) != 1)
    return nullptr;
  GENERAL_NAME_set0_value(name.get(), GEN_IPADD, zeros);
  return name;
}

// Permitting DNS names says nothing of addresses, so those are excluded.
bool add_constraints(X509& certificate, std::span<const std::string> permitted) {
  if (permitted.empty()) return true;
  const NameConstraints constraints(NAME_CONSTRAINTS_new());
  if (!constraints) return false;
  for (const std::string& name : permitted) {
    if (!add_subtree(&constraints->permittedSubtrees, general_name(name))) return false;
  }
  return add_subtree(&constraints->excludedSubtrees, every_address(4)) &&
         add_subtree(&constraints->excludedSubtrees, every_address(16)) &&
         X509_add1_ext_i2d(&certificate, NID_name_constraints, constraints.get(), 1,
                           X509V3_ADD_DEFAULT) == 1;
}

struct Draft {
  Certificate certificate;
  PrivateKey key;
};

// What both kinds have in common; not yet signed.
Result<Draft> draft(const char* name, std::chrono::sys_seconds begin,
                    std::chrono::sys_seconds end) {
  Draft made{Certificate(X509_new()), PrivateKey(EVP_EC_gen("P-256"))};
  const bool done =
      made.certificate && made.key && X509_set_version(made.certificate.get(), kVersion3) == 1 &&
      set_random_serial(*made.certificate) && set_life(*made.certificate, begin, end) &&
      set_common_name(X509_get_subject_name(made.certificate.get()), name) &&
      X509_set_pubkey(made.certificate.get(), made.key.get()) == 1;
  if (!done) return tl::unexpected(openssl_error("making a certificate"));
  return made;
}

bool sign(X509& certificate, EVP_PKEY& key) {
  return X509_sign(&certificate, &key, EVP_sha256()) != 0;
}

// Equal to a permitted name or below one.
bool lies_inside(std::string_view name, std::span<const std::string> permitted) {
  return std::any_of(permitted.begin(), permitted.end(), [name](const std::string& base) {
    return name == base || (name.size() > base.size() && name.ends_with(base) &&
                            name[name.size() - base.size() - 1] == '.');
  });
}

Result<void> check_names(const X509& issuer, std::span<const std::string> names) {
  const std::vector<std::string> permitted = permitted_names_of(issuer);
  for (const std::string& name : names) {
    if (!is_address(name) && !is_dns_name(name))
      return fail(fmt::format("\"{}\" is neither a DNS name nor an IP address", name));
    if (permitted.empty() || lies_inside(name, permitted)) continue;
    return fail(fmt::format("the authority may not sign for {}, only for {}", name,
                            fmt::join(permitted, ", ")));
  }
  return {};
}

struct Signer {
  Certificate certificate;
  PrivateKey key;
};

Result<Signer> signer_of(const Authority& authority, std::chrono::sys_seconds now) {
  auto certificates = certificates_from_pem(authority.certificate);
  if (!certificates) return tl::unexpected(certificates.error());
  auto key = key_from_pem(authority.key);
  if (!key) return tl::unexpected(key.error());
  Signer signer{std::move(certificates->front()), std::move(*key)};
  if (X509_check_private_key(signer.certificate.get(), signer.key.get()) != 1) {
    ERR_clear_error();
    return fail("the authority's key is not that of its certificate");
  }
  if (X509_check_ca(signer.certificate.get()) != 1)
    return fail("the certificate is no authority's: it may not sign others");
  if (const auto end = not_after(*signer.certificate); end <= now)
    return fail(fmt::format("the authority expired on {:%Y-%m-%d}", end));
  return signer;
}

}  // namespace

Result<Authority> make_authority(std::chrono::sys_seconds now,
                                 std::span<const std::string> permitted_names,
                                 std::chrono::seconds life) {
  for (const std::string& name : permitted_names) {
    if (is_address(name) || !is_dns_name(name))
      return fail(fmt::format("\"{}\" is no DNS name", name));
  }
  // Its times say when it is to be replaced: what it is backdated by must be a small part of them.
  const auto begin = now - std::min<std::chrono::seconds>(kBackdated, life / 12);
  const auto made = draft(kAuthorityName, begin, now + life);
  if (!made) return tl::unexpected(made.error());
  X509& certificate = *made->certificate;
  const bool done =
      X509_set_issuer_name(&certificate, X509_get_subject_name(&certificate)) == 1 &&
      add_extension(certificate, certificate, NID_basic_constraints,
                    "critical,CA:TRUE,pathlen:0") &&
      add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
      add_constraints(certificate, permitted_names) && sign(certificate, *made->key);
  if (!done) return tl::unexpected(openssl_error("making an authority"));
  auto certificate_text = to_pem(certificate);
  auto key_text = to_pem(*made->key);
  if (!certificate_text || !key_text) return tl::unexpected(openssl_error("writing an authority"));
  return Authority{.certificate = std::move(*certificate_text), .key = std::move(*key_text)};
}

Result<Identity> issue(const Authority& authority, std::span<const std::string> names,
                       std::chrono::sys_seconds now, std::chrono::seconds life) {
  if (names.empty()) return fail("a serving certificate needs a name");
  const auto signer = signer_of(authority, now);
  if (!signer) return tl::unexpected(signer.error());
  X509& issuer = *signer->certificate;
  if (auto checked = check_names(issuer, names); !checked) return tl::unexpected(checked.error());
  const auto made = draft(kServingName, now - kBackdated, std::min(now + life, not_after(issuer)));
  if (!made) return tl::unexpected(made.error());

  X509& certificate = *made->certificate;
  const bool done =
      X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) == 1 &&
      add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
      add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
      add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
      add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
      add_names(certificate, names) && sign(certificate, *signer->key);
  if (!done) return tl::unexpected(openssl_error("issuing a serving certificate"));
  auto chain = to_pem(certificate);
  auto key = to_pem(*made->key);
  if (!chain || !key) return tl::unexpected(openssl_error("writing a serving certificate"));
  return Identity{
      .chain = std::move(*chain), .key = std::move(*key), .not_after = not_after(certificate)};
}

}  // namespace stateward
