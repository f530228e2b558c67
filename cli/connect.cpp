#include "cli/connect.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace stateward {
namespace {

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Result<Access> access_of(const ConnectOptions& options) {
  const bool asked = !options.kubeconfig.empty() || !options.context.empty();
  if (options.in_cluster && asked)
    return fail("--in-cluster goes with neither --kubeconfig nor --context");
  if (options.in_cluster) return access_from_pod();
  if (!asked && !has_kubeconfig()) {
    if (auto pod = access_from_pod()) return pod;
  }
  return access_from_kubeconfig(options.kubeconfig, options.context);
}

}  // namespace

Result<std::shared_ptr<CredentialSource>> connect(const ConnectOptions& options) {
  auto access = access_of(options);
  if (!access) return tl::unexpected(access.error());
  return std::make_shared<CredentialSource>(std::move(*access), now);
}

std::string server_of(const Access& access) {
  const bool six = access.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}{}", access.tls ? "https" : "http", six ? "[" : "", access.host,
                     six ? "]" : "", access.port, access.base_path);
}

std::string explained(const ApiError& error) {
  if (error.status == 401) {
    return fmt::format(
        "{}; the credentials are not accepted: log in again, or choose another --context",
        error.message);
  }
  if (error.status == 403)
    return fmt::format("{}; have it granted, or name namespaces of yours with -n", error.message);
  if (error.status == 0) {
    return fmt::format(
        "{}; is it the cluster you mean (--context), and can it be reached from here?",
        error.message);
  }
  return error.message;
}

}  // namespace stateward
