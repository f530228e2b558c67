// `stateward certs`: certificates looked at, made and renewed by hand, for those who run without
// the cluster's authority.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace stateward {

struct CertsInspectOptions {
  enum class Format { text, json };
  std::string file;  // "-" is standard input
  std::string key;   // to be held against the first certificate; empty: one in `file`, if any
  Format format = Format::text;
};

struct CertsMakeOptions {
  std::vector<std::string> names;
  std::string out = ".";
  std::string ca_cert;  // an authority that is there already; empty: make one
  std::string ca_key;
  int days = 365;
  bool force = false;
};

struct CertsRenewOptions {
  std::string cert;  // the one to be replaced
  std::string ca_cert;
  std::string ca_key;
  std::string out = ".";
  int days = 365;
  bool force = false;
};

using CertsOptions = std::variant<CertsInspectOptions, CertsMakeOptions, CertsRenewOptions>;

// 0; 1 where a certificate that was inspected does not hold now or its key is another's; 2 where
// something could not be read, made or written.
int run(const CertsOptions& options);

}  // namespace stateward
