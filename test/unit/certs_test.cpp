// Our authority and its serving certificates, held against OpenSSL's own verifier, and identities
// read from files.

#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "certs/authority.h"
#include "certs/describe.h"
#include "certs/identity.h"
#include "certs/identity_files.h"
#include "certs/pem.h"

namespace {

using namespace stateward;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
const std::vector<std::string> kNames = {"localhost", "stateward-webhook.stateward-system.svc",
                                         "127.0.0.1", "::1"};

Certificate certificate(const std::string& pem) {
  return std::move(certificates_from_pem(pem).value().front());
}

// What OpenSSL says of `leaf` under `authority` at `when`, for a server called `host`.
int verify(const std::string& leaf, const std::string& authority, const std::string& host,
           std::chrono::sys_seconds when) {
  const Certificate serving = certificate(leaf);
  const Certificate root = certificate(authority);
  const std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> store(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_add_cert(store.get(), root.get());
  X509_STORE_CTX_init(context.get(), store.get(), serving.get(), nullptr);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, when.time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
  }
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

std::string serial(const std::string& pem) {
  const Certificate made = certificate(pem);
  const ASN1_INTEGER* number = X509_get0_serialNumber(made.get());
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(number)),
          static_cast<std::size_t>(ASN1_STRING_length(number))};
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "stateward-certs-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a serving certificate holds under its authority for exactly its names") {
  const Authority authority = make_authority(kNow).value();
  const Identity identity = issue(authority, kNames, kNow).value();
  for (const std::string& name : kNames) {
    CAPTURE(name);
    CHECK(verify(identity.chain, authority.certificate, name, kNow) == X509_V_OK);
  }
  CHECK(verify(identity.chain, authority.certificate, "example.com", kNow) ==
        X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(verify(identity.chain, authority.certificate, "127.0.0.2", kNow) ==
        X509_V_ERR_IP_ADDRESS_MISMATCH);
  const Authority other = make_authority(kNow).value();
  CHECK(verify(identity.chain, other.certificate, "localhost", kNow) != X509_V_OK);
}

TEST_CASE(
    "a serving certificate holds from thirty days before it was made until seven days after") {
  const Authority authority = make_authority(kNow - 24h).value();
  const Identity identity = issue(authority, kNames, kNow).value();
  const auto at = [&](std::chrono::sys_seconds when) {
    return verify(identity.chain, authority.certificate, "localhost", when);
  };
  CHECK(identity.not_after == kNow + 7 * 24h);
  CHECK(at(kNow - 30 * 24h) == X509_V_OK);
  CHECK(at(kNow - 30 * 24h - 1s) == X509_V_ERR_CERT_NOT_YET_VALID);
  CHECK(at(identity.not_after - 1s) == X509_V_OK);
  CHECK(at(identity.not_after) == X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_CASE("what a clock that is eight days ahead has made is believed by those that are right") {
  const auto ahead = kNow + 8 * 24h;
  for (const auto made : {kNow, ahead}) {
    const Authority authority = make_authority(made).value();
    const Identity identity = issue(authority, kNames, ahead).value();
    CHECK(verify(identity.chain, authority.certificate, "localhost", kNow) == X509_V_OK);
  }
}

TEST_CASE("an authority signs servers and no further authority") {
  const Authority authority = make_authority(kNow).value();
  const Certificate made = certificate(authority.certificate);
  CHECK(X509_check_ca(made.get()) == 1);
  CHECK(X509_get_pathlen(made.get()) == 0);
  CHECK(X509_get_key_usage(made.get()) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
  CHECK(not_after(*made) == kNow + kAuthorityLife);

  const Certificate leaf = certificate(issue(authority, kNames, kNow).value().chain);
  CHECK(X509_check_ca(leaf.get()) == 0);
  CHECK(X509_get_key_usage(leaf.get()) == KU_DIGITAL_SIGNATURE);
  CHECK(X509_get_extended_key_usage(leaf.get()) == XKU_SSL_SERVER);
}

TEST_CASE("keys are P-256 and every certificate has its own key and serial of 128 bits") {
  const Authority authority = make_authority(kNow).value();
  std::set<std::string> serials = {serial(authority.certificate)};
  std::set<std::string> keys = {authority.key};
  for (int i = 0; i < 20; ++i) {
    const Identity identity = issue(authority, kNames, kNow).value();
    serials.insert(serial(identity.chain));
    keys.insert(identity.key);
    const Certificate leaf = certificate(identity.chain);
    CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(leaf.get())) == 256);
    CHECK(EVP_PKEY_is_a(X509_get0_pubkey(leaf.get()), "EC") == 1);
  }
  CHECK(serials.size() == 21);
  CHECK(keys.size() == 21);
  CHECK(std::all_of(serials.begin(), serials.end(),
                    [](const std::string& text) { return text.size() == 16; }));
}

TEST_CASE("a certificate without a name is not issued") {
  const Authority authority = make_authority(kNow).value();
  CHECK_FALSE(issue(authority, {}, kNow).has_value());
}

TEST_CASE("an authority that permits names signs for those and no other name or address") {
  const std::vector<std::string> permitted = {
      "stateward-webhook.stateward-system.svc",
      "stateward-webhook.stateward-system.svc.cluster.local"};
  const Authority authority = make_authority(kNow, permitted).value();
  CHECK(describe(authority.certificate).value().front().permitted_names == permitted);
  const Identity identity = issue(authority, permitted, kNow).value();
  for (const std::string& name : permitted)
    CHECK(verify(identity.chain, authority.certificate, name, kNow) == X509_V_OK);
  CHECK(verify(identity.chain, authority.certificate, "kubernetes.default.svc", kNow) ==
        X509_V_ERR_HOSTNAME_MISMATCH);

  for (const char* other : {"kubernetes.default.svc", "stateward-system.svc", "svc", "localhost",
                            "xstateward-webhook.stateward-system.svc", "127.0.0.1", "::1"}) {
    CAPTURE(std::string(other));
    const auto refused = issue(authority, std::vector{permitted[0], std::string(other)}, kNow);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == "the authority may not sign for " + std::string(other) +
                                         ", only for stateward-webhook.stateward-system.svc, "
                                         "stateward-webhook.stateward-system.svc.cluster.local");
  }
}

TEST_CASE("what a stolen key of such an authority signs for others, no verifier accepts") {
  const std::vector<std::string> permitted = {"stateward-webhook.stateward-system.svc"};
  const Authority authority = make_authority(kNow, permitted).value();
  // The thief's own certificate of the same key and name lets him issue what ours refuses to; an
  // API server has ours.
  const auto stolen = [&](const std::string& name) {
    const Certificate ours = certificate(authority.certificate);
    const PrivateKey key = key_from_pem(authority.key).value();
    const int constraints = X509_get_ext_by_NID(ours.get(), NID_name_constraints, -1);
    REQUIRE(constraints >= 0);
    X509_EXTENSION_free(X509_delete_ext(ours.get(), constraints));
    X509_sign(ours.get(), key.get(), EVP_sha256());
    const Authority thief{to_pem(*ours).value(), authority.key};
    return issue(thief, std::vector{name}, kNow).value();
  };
  CHECK(verify(stolen(permitted[0]).chain, authority.certificate, permitted[0], kNow) == X509_V_OK);
  CHECK(verify(stolen("kubernetes.default.svc").chain, authority.certificate,
               "kubernetes.default.svc", kNow) == X509_V_ERR_PERMITTED_VIOLATION);
  for (const char* address : {"127.0.0.1", "::1"})
    CHECK(verify(stolen(address).chain, authority.certificate, address, kNow) ==
          X509_V_ERR_EXCLUDED_VIOLATION);
}

TEST_CASE("what is no name is neither permitted nor issued for") {
  const Authority authority = make_authority(kNow).value();
  for (const char* text : {"", ".", "a b", "a..b", ".a", "a.", "a/b", "*.a", "a\nb"}) {
    CAPTURE(std::string(text));
    const std::vector<std::string> names = {text};
    CHECK_FALSE(make_authority(kNow, names).has_value());
    CHECK_FALSE(issue(authority, names, kNow).has_value());
  }
  CHECK_FALSE(make_authority(kNow, std::vector<std::string>{"10.0.0.1"}).has_value());
}

TEST_CASE(
    "an authority signs only while it holds, with its own key, and nothing that outlives it") {
  const Authority authority = make_authority(kNow, {}, 48h).value();
  CHECK(issue(authority, kNames, kNow).value().not_after == kNow + 48h);
  const auto says = [&](const Authority& signer, std::chrono::sys_seconds when) {
    const auto issued = issue(signer, kNames, when);
    return issued ? "" : issued.error().message;
  };
  CHECK(says(authority, kNow + 48h) == "the authority expired on 2026-11-23");
  CHECK(says({authority.certificate, make_authority(kNow).value().key}, kNow) ==
        "the authority's key is not that of its certificate");
  const Identity leaf = issue(authority, kNames, kNow).value();
  CHECK(says({leaf.chain, leaf.key}, kNow) ==
        "the certificate is no authority's: it may not sign others");
}

TEST_CASE("a certificate is described by its names, key, times and what it may sign") {
  const Authority authority = make_authority(kNow).value();
  const Identity identity = issue(authority, kNames, kNow).value();
  const auto described = describe(identity.chain + authority.certificate).value();
  REQUIRE(described.size() == 2);
  CHECK(described[0].subject == "CN=stateward webhook");
  CHECK(described[0].issuer == "CN=stateward authority");
  CHECK(described[0].names == kNames);
  CHECK(described[0].key == "EC P-256");
  CHECK(described[0].serial.size() == 32);
  CHECK(described[0].not_before == kNow - kBackdated);
  CHECK(described[0].not_after == kNow + 7 * 24h);
  CHECK_FALSE(described[0].authority);
  CHECK(described[1].authority);
  CHECK(described[1].permitted_names.empty());
  CHECK_FALSE(describe(identity.key).has_value());
}

TEST_CASE("an identity is read from two files with its chain") {
  const Folder folder;
  const Authority authority = make_authority(kNow).value();
  const Identity identity = issue(authority, kNames, kNow).value();
  const fs::path chain = folder.write("tls.crt", identity.chain + authority.certificate);
  const fs::path key = folder.write("tls.key", identity.key);
  const Result<Identity> read = load_identity(chain, key, kNow);
  REQUIRE(read.has_value());
  CHECK(read->chain == identity.chain + authority.certificate);
  CHECK(read->key == identity.key);
  CHECK(read->not_after == identity.not_after);
}

TEST_CASE("a file that cannot serve is named, with what to do about it") {
  const Folder folder;
  const Authority authority = make_authority(kNow).value();
  const Identity identity = issue(authority, kNames, kNow).value();
  const Identity other = issue(authority, kNames, kNow).value();
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";

  struct Case {
    std::string name;
    std::string chain;
    std::string key;
    std::chrono::sys_seconds when;
    const char* file;
    const char* says;
  };
  const Case cases[] = {
      {"the key of another", identity.chain, other.key, kNow, "tls.key",
       "is not the key of the certificate"},
      {"swapped files", identity.key, identity.chain, kNow, "tls.crt", "may be swapped"},
      {"an empty certificate", "", identity.key, kNow, "tls.crt", "no PEM certificate"},
      {"a torn certificate", begin + "MIIB\n-----END CERTIFICATE-----\n", identity.key, kNow,
       "tls.crt", "malformed"},
      {"a chain with a torn end", identity.chain + begin + "!\n", identity.key, kNow, "tls.crt",
       "malformed"},
      {"a torn key", identity.chain, "-----BEGIN PRIVATE KEY-----\nAAAA\n", kNow, "tls.key",
       "malformed"},
      {"no key", identity.chain, "", kNow, "tls.key", "no PEM private key"},
      {"an encrypted key", identity.chain, encrypted, kNow, "tls.key", "encrypted"},
      {"an expired certificate", identity.chain, identity.key, identity.not_after, "tls.crt",
       "expired on 2026-11-28"},
      {"a file without an end", std::string(2 << 20, 'x'), identity.key, kNow, "tls.crt",
       "larger than 1 MiB"},
  };
  for (const Case& wrong : cases) {
    CAPTURE(wrong.name);
    const fs::path chain = folder.write("tls.crt", wrong.chain);
    const fs::path key = folder.write("tls.key", wrong.key);
    const Result<Identity> read = load_identity(chain, key, wrong.when);
    REQUIRE_FALSE(read.has_value());
    CAPTURE(read.error().message);
    CHECK(contains(read.error().message, (folder.path() / wrong.file).string() + ": "));
    CHECK(contains(read.error().message, wrong.says));
  }
}

TEST_CASE("a file that cannot be read is named with the reason") {
  const Folder folder;
  const fs::path there = folder.write("there", "x");
  const Result<Identity> missing = load_identity(folder.path() / "missing.crt", there, kNow);
  REQUIRE_FALSE(missing.has_value());
  CHECK(contains(missing.error().message, "missing.crt: No such file or directory"));
  const Result<Identity> a_folder = load_identity(there, folder.path(), kNow);
  REQUIRE_FALSE(a_folder.has_value());
  CHECK(contains(a_folder.error().message, folder.path().string() + ": Is a directory"));
}

TEST_CASE("files that are renewed are taken as a pair, and what is wrong is said once") {
  const Folder folder;
  const Authority authority = make_authority(kNow).value();
  const Identity first = issue(authority, kNames, kNow).value();
  const Identity second = issue(authority, kNames, kNow).value();
  const fs::path chain = folder.write("tls.crt", first.chain);
  const fs::path key = folder.write("tls.key", first.key);
  IdentityFiles files(chain, key, load_identity(chain, key, kNow).value());
  const auto look = [&](std::chrono::sys_seconds now = kNow) -> std::string {
    const auto seen = files.look(now);
    if (!seen) return "nothing";
    return *seen ? (*seen)->chain + (*seen)->key : (*seen).error().message;
  };
  CHECK(look() == "nothing");

  // Half a pair, and then the other half.
  folder.write("tls.crt", second.chain);
  CHECK(look() == "nothing");
  folder.write("tls.key", second.key);
  CHECK(look() == second.chain + second.key);
  CHECK(look() == "nothing");

  // A half that stays.
  folder.write("tls.key", first.key);
  CHECK(look() == "nothing");
  CHECK(contains(look(), "is not the key of the certificate"));
  CHECK(look() == "nothing");
  // Another problem is another line.
  folder.write("tls.key", "");
  CHECK(look() == "nothing");
  CHECK(contains(look(), "no PEM private key"));
  CHECK(look() == "nothing");

  // All is well again: nothing is new, but the next problem is.
  folder.write("tls.key", second.key);
  CHECK(look() == "nothing");
  CHECK(look(second.not_after) == "nothing");
  CHECK(contains(look(second.not_after), "expired"));
  CHECK(look(second.not_after) == "nothing");
  fs::remove(chain);
  CHECK(look() == "nothing");
  CHECK(contains(look(), "No such file"));
  folder.write("tls.crt", first.chain);
  folder.write("tls.key", first.key);
  CHECK(look() == first.chain + first.key);
}
