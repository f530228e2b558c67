#include "certs/describe.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <span>

#include "certs/pem.h"

namespace stateward {
namespace {

using GeneralNames = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using NameConstraints = std::unique_ptr<NAME_CONSTRAINTS, Freed<NAME_CONSTRAINTS_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;

std::string text_of(const ASN1_STRING& string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string)),
          static_cast<std::size_t>(ASN1_STRING_length(&string))};
}

std::string address(const ASN1_OCTET_STRING& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(&bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(&bytes) != 16) return {};
  inet_ntop(family, ASN1_STRING_get0_data(&bytes), text.data(), text.size());
  return text.data();
}

// Empty for what names no server: mail addresses and the like.
std::string text_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) return text_of(*name.d.dNSName);
  if (name.type != GEN_IPADD) return {};
  return address(*name.d.iPAddress);
}

std::string text_of(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  // Without the flag for UTF-8 every byte that is not ASCII is escaped, and control characters are.
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string serial_of(const X509& certificate) {
  std::string text;
  const ASN1_INTEGER& serial = *X509_get0_serialNumber(&certificate);
  for (const unsigned char byte : std::span(ASN1_STRING_get0_data(&serial),
                                            static_cast<std::size_t>(ASN1_STRING_length(&serial))))
    text += fmt::format("{:02x}", byte);
  return text;
}

std::string key_of(const X509& certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(&certificate);
  if (key == nullptr) return "unknown";
  const char* type = EVP_PKEY_get0_type_name(key);
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1) {
    const std::string_view name = group.data();
    return fmt::format("{} {}", type, name == "prime256v1" ? "P-256" : name);
  }
  ERR_clear_error();
  return fmt::format("{} {}", type == nullptr ? "unknown" : type, EVP_PKEY_get_bits(key));
}

}  // namespace

std::vector<std::string> names_of(const X509& certificate) {
  std::vector<std::string> names;
  const GeneralNames all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    std::string text = text_of(*sk_GENERAL_NAME_value(all.get(), i));
    if (!text.empty()) names.push_back(std::move(text));
  }
  return names;
}

std::vector<std::string> permitted_names_of(const X509& certificate) {
  std::vector<std::string> names;
  const NameConstraints constraints(static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(&certificate, NID_name_constraints, nullptr, nullptr)));
  if (!constraints) return names;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
    const GENERAL_NAME& base = *sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;
    if (base.type == GEN_DNS) names.push_back(text_of(*base.d.dNSName));
  }
  return names;
}

CertificateDescription describe(X509& certificate) {
  return {.subject = text_of(X509_get_subject_name(&certificate)),
          .issuer = text_of(X509_get_issuer_name(&certificate)),
          .serial = serial_of(certificate),
          .key = key_of(certificate),
          .names = names_of(certificate),
          .not_before = not_before(certificate),
          .not_after = not_after(certificate),
          .authority = X509_check_ca(&certificate) == 1,
          .permitted_names = permitted_names_of(certificate)};
}

Result<std::vector<CertificateDescription>> describe(std::string_view pem) {
  const auto certificates = certificates_from_pem(pem);
  if (!certificates) return tl::unexpected(certificates.error());
  std::vector<CertificateDescription> all;
  for (const Certificate& certificate : *certificates) all.push_back(describe(*certificate));
  return all;
}

Result<bool> key_belongs(std::string_view certificate_pem, std::string_view key_pem) {
  const auto certificates = certificates_from_pem(certificate_pem);
  if (!certificates) return tl::unexpected(certificates.error());
  const auto key = key_from_pem(key_pem);
  if (!key) return tl::unexpected(key.error());
  const bool own = X509_check_private_key(certificates->front().get(), key->get()) == 1;
  ERR_clear_error();
  return own;
}

}  // namespace stateward
