// `stateward certs`: certificates looked at, made and renewed by hand, for those who run without
// the cluster's authority; and that authority, looked at and replaced before its time.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/connect.h"

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

// The authority of an installation, and the caBundles.
struct CertsStatusOptions {
  ConnectOptions cluster;
  std::string name_space = "stateward-system";
};

struct CertsRotateOptions {
  ConnectOptions cluster;
  std::string name_space = "stateward-system";
};

using CertsOptions = std::variant<CertsInspectOptions, CertsMakeOptions, CertsRenewOptions,
                                  CertsStatusOptions, CertsRotateOptions>;

// 0; 1 where what was looked at is not as it must be; 2 where something could not be read, made or
// written.
int run(const CertsOptions& options);
int run_one(const CertsStatusOptions& options);
int run_one(const CertsRotateOptions& options);

}  // namespace stateward
