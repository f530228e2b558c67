#include "cli/certs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "certs/authority.h"
#include "certs/describe.h"
#include "certs/identity.h"
#include "certs/pem_file.h"
#include "cli/certificate_text.h"
#include "cli/safe_text.h"

namespace stateward {
namespace {

namespace fs = std::filesystem;
using std::chrono::sys_seconds;

constexpr int kGood = 0;
constexpr int kWrongCertificate = 1;
constexpr int kNotDone = 2;

int refuse(const Error& error) {
  fmt::print(stderr, "stateward: {}\n", safe_text(error.message));
  return kNotDone;
}

sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string list_of(const std::vector<std::string>& names, std::string_view none) {
  return names.empty() ? std::string(none) : safe_text(fmt::format("{}", fmt::join(names, ", ")));
}

bool holds(const CertificateDescription& certificate, sys_seconds when) {
  return certificate.not_before <= when && when < certificate.not_after;
}

// inspect ----------------------------------------------------------------------------------------

struct Inspected {
  std::vector<CertificateDescription> certificates;
  std::optional<bool> key_matches;  // none: there is no key to compare
};

Result<std::string> read_input(const std::string& file) {
  if (file != "-") return read_pem_file(file);
  std::cin >> std::noskipws;
  return std::string(std::istream_iterator<char>(std::cin), {});
}

Result<Inspected> inspect(const CertsInspectOptions& options) {
  const std::string name = options.file == "-" ? "<stdin>" : options.file;
  const auto text = read_input(options.file);
  if (!text) return tl::unexpected(text.error());
  auto certificates = describe(*text);
  if (!certificates)
    return fail(
        fmt::format("{}: {}; give certificates as PEM", name, certificates.error().message));
  Inspected inspected{.certificates = std::move(*certificates)};
  const bool own = text->find("PRIVATE KEY-----") != std::string::npos;
  if (options.key.empty() && !own) return inspected;
  const auto key = options.key.empty() ? text : read_pem_file(options.key);
  if (!key) return tl::unexpected(key.error());
  const auto matches = key_belongs(*text, *key);
  if (!matches) {
    return fail(fmt::format("{}: {}; give the key as PEM without a passphrase",
                            options.key.empty() ? name : options.key, matches.error().message));
  }
  inspected.key_matches = *matches;
  return inspected;
}

void print_line(std::string_view what, std::string_view value) {
  fmt::print("{:<10} {}\n", what, value);
}

void print_text(const Inspected& inspected, sys_seconds when) {
  bool first = true;
  for (const CertificateDescription& certificate : inspected.certificates) {
    if (!first) fmt::print("\n");
    print_line("subject", safe_text(certificate.subject));
    print_line("issuer", certificate.issuer == certificate.subject ? "itself"
                                                                   : safe_text(certificate.issuer));
    print_line("serial", certificate.serial);
    print_line("use", certificate.authority ? "authority" : "server or client");
    if (!certificate.authority) print_line("names", list_of(certificate.names, "none"));
    if (certificate.authority)
      print_line("may sign", list_of(certificate.permitted_names, "any name"));
    print_line("key", certificate.key);
    print_line("from", text_of(certificate.not_before));
    print_line("until", fmt::format("{} ({})", text_of(certificate.not_after),
                                    remaining(certificate, when)));
    if (first && inspected.key_matches) {
      print_line("its key", *inspected.key_matches ? "is the one given"
                                                   : "is NOT the one given: the pair does not fit");
    }
    first = false;
  }
}

void print_json(const Inspected& inspected, sys_seconds when) {
  using Json = nlohmann::ordered_json;
  Json all = Json::array();
  for (const CertificateDescription& certificate : inspected.certificates) {
    const auto left = (certificate.not_after - when).count();
    all.push_back({{"subject", certificate.subject},
                   {"issuer", certificate.issuer},
                   {"serial", certificate.serial},
                   {"authority", certificate.authority},
                   {"names", certificate.names},
                   {"permittedNames", certificate.permitted_names},
                   {"key", certificate.key},
                   {"notBefore", text_of(certificate.not_before)},
                   {"notAfter", text_of(certificate.not_after)},
                   {"secondsLeft", left},
                   {"valid", holds(certificate, when)}});
  }
  const Json report = {
      {"schema", "stateward.dev/certificates/v1"},
      {"certificates", all},
      {"keyMatches", inspected.key_matches ? Json(*inspected.key_matches) : Json(nullptr)}};
  fmt::print("{}\n", report.dump(2, ' ', true, Json::error_handler_t::replace));
}

int run_one(const CertsInspectOptions& options) {
  const auto inspected = inspect(options);
  if (!inspected) return refuse(inspected.error());
  const sys_seconds when = now();
  if (options.format == CertsInspectOptions::Format::json) {
    print_json(*inspected, when);
  } else {
    print_text(*inspected, when);
  }
  bool good = inspected->key_matches.value_or(true);
  for (const CertificateDescription& certificate : inspected->certificates)
    good = good && holds(certificate, when);
  return good ? kGood : kWrongCertificate;
}

// make and renew ---------------------------------------------------------------------------------

struct Output {
  const char* name;
  std::string text;
  mode_t mode;
};
constexpr mode_t kPublic = 0644;
constexpr mode_t kSecret = 0600;

Error cannot_write(const fs::path& path) {
  return {fmt::format("{}: {}", path.string(), std::generic_category().message(errno))};
}

// Written beside and renamed, so that whoever reads the file sees all or nothing of it, and a key
// is never, not even for a moment, readable for others.
Result<void> write_file(const fs::path& path, const Output& output) {
  const fs::path beside = path.string() + ".new";
  ::unlink(beside.c_str());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, output.mode);
  if (file < 0) return tl::unexpected(cannot_write(path));
  const bool written = ::write(file, output.text.data(), output.text.size()) ==
                       static_cast<ssize_t>(output.text.size());
  if (::close(file) != 0 || !written || ::rename(beside.c_str(), path.c_str()) != 0) {
    const Error error = cannot_write(path);
    ::unlink(beside.c_str());
    return tl::unexpected(error);
  }
  return {};
}

Result<void> write_files(const fs::path& folder, const std::vector<Output>& outputs, bool force) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(fmt::format("{}: {}", folder.string(), error.message()));
  for (const Output& output : outputs) {
    if (force || !fs::exists(fs::symlink_status(folder / output.name, error))) continue;
    return fail(fmt::format("{}: is there already; --force replaces it, --out chooses a folder",
                            (folder / output.name).string()));
  }
  for (const Output& output : outputs) {
    if (auto written = write_file(folder / output.name, output); !written) return written;
    fmt::print("wrote {}\n", (folder / output.name).string());
  }
  return {};
}

Result<Authority> read_authority(const std::string& certificate, const std::string& key) {
  auto certificate_text = read_pem_file(certificate);
  if (!certificate_text) return tl::unexpected(certificate_text.error());
  auto key_text = read_pem_file(key);
  if (!key_text) return tl::unexpected(key_text.error());
  return Authority{.certificate = std::move(*certificate_text), .key = std::move(*key_text)};
}

Result<Identity> issued(const Authority& authority, const std::string& file,
                        const std::vector<std::string>& names, int days) {
  auto identity = issue(authority, names, now(), std::chrono::days(days));
  if (identity || file.empty()) return identity;
  return fail(fmt::format("{}: {}", file, identity.error().message));
}

std::string instructions(const fs::path& folder, const fs::path& ca) {
  return fmt::format(
      "\nServe it:   stateward serve --tls-cert {} --tls-key {}\n"
      "caBundle:   base64 -w0 {}\n"
      "            goes into clientConfig.caBundle of every webhook in the configurations.\n",
      safe_text((folder / "tls.crt").string()), safe_text((folder / "tls.key").string()),
      safe_text(ca.string()));
}

int run_one(const CertsMakeOptions& options) {
  const fs::path folder = options.out;
  std::vector<Output> outputs;
  Result<Authority> authority;
  const bool given = !options.ca_cert.empty();
  if (given) {
    authority = read_authority(options.ca_cert, options.ca_key);
  } else {
    // Ten lives of what it signs: renewing leaves the caBundle as it is. Addresses cannot be
    // permitted, so where one is asked for nothing is restricted.
    const auto life = std::chrono::days(std::min(options.days * 10, 3650));
    authority = make_authority(now(), options.names, life);
    if (!authority) authority = make_authority(now(), {}, life);
  }
  if (!authority) return refuse(authority.error());
  const auto identity = issued(*authority, options.ca_cert, options.names, options.days);
  if (!identity) return refuse(identity.error());
  if (!given) {
    outputs.push_back({"ca.crt", authority->certificate, kPublic});
    outputs.push_back({"ca.key", authority->key, kSecret});
  }
  outputs.push_back({"tls.crt", identity->chain, kPublic});
  outputs.push_back({"tls.key", identity->key, kSecret});
  if (auto written = write_files(folder, outputs, options.force); !written)
    return refuse(written.error());
  fmt::print("{}", instructions(folder, given ? fs::path(options.ca_cert) : folder / "ca.crt"));
  return kGood;
}

int run_one(const CertsRenewOptions& options) {
  const auto old = read_pem_file(options.cert);
  if (!old) return refuse(old.error());
  const auto described = describe(*old);
  if (!described) return refuse({fmt::format("{}: {}", options.cert, described.error().message)});
  const std::vector<std::string>& names = described->front().names;
  if (names.empty())
    return refuse(
        {fmt::format("{}: no names in it; make one with certs make --name", options.cert)});
  const auto authority = read_authority(options.ca_cert, options.ca_key);
  if (!authority) return refuse(authority.error());
  const auto identity = issued(*authority, options.ca_cert, names, options.days);
  if (!identity) return refuse(identity.error());
  const auto written = write_files(
      options.out, {{"tls.key", identity->key, kSecret}, {"tls.crt", identity->chain, kPublic}},
      options.force);
  if (!written) return refuse(written.error());
  fmt::print("for {}, until {}\n", list_of(names, ""), text_of(identity->not_after));
  return kGood;
}

}  // namespace

int run(const CertsOptions& options) {
  return std::visit([](const auto& one) { return run_one(one); }, options);
}

}  // namespace stateward
