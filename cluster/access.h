// How a cluster is reached and as whom: what a kubeconfig or a Pod's service account says. Nothing
// is connected to here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/result.h"

namespace stateward {

// Text that stands in the configuration, or in a file that may be replaced while we run.
struct TextSource {
  std::string text;
  std::filesystem::path file;  // looked at where there is no text
  bool given() const { return !text.empty() || !file.empty(); }
};

// A client-go credential plugin: a program that prints an ExecCredential
// (client.authentication.k8s.io/v1).
struct CredentialPlugin {
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string api_version;
  std::string install_hint;
};

struct Access {
  bool tls = true;
  std::string host;
  std::uint16_t port = 443;
  std::string base_path;    // of the server's URL, without a final slash
  std::string server_name;  // what its certificate must name; empty: the host
  bool verify = true;       // false: insecure-skip-tls-verify
  TextSource ca;            // PEM, all that is trusted; not given: what the system trusts
  TextSource client_chain;
  TextSource client_key;
  TextSource token;
  std::optional<CredentialPlugin> plugin;
  std::string name_space = "default";  // the context's, or the Pod's own
};

// The context `context` (empty: the current one) of a kubeconfig. An empty `file` is what kubectl
// would read: the files that `environment` names ($KUBECONFIG, separated by colons, of each name
// the first entry), else ~/.kube/config. Errors name the file and what is missing in it.
Result<Access> access_from_kubeconfig(const std::string& file, const std::string& context);
// Whether there is any file that would be read where none is named.
bool has_kubeconfig();

// From inside a Pod: KUBERNETES_SERVICE_HOST and _PORT, and the service account's mount.
Result<Access> access_from_pod(
    const std::filesystem::path& mount = "/var/run/secrets/kubernetes.io/serviceaccount");

// A whole file, at most 1 MiB.
Result<std::string> read_small_file(const std::filesystem::path& path);

}  // namespace stateward
