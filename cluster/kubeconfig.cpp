#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "cluster/access.h"
#include "engine/base64.h"
#include "engine/decide.h"
#include "engine/yaml_reader.h"

namespace stateward {
namespace {

namespace fs = std::filesystem;

struct Kubeconfig {
  fs::path file;
  Document document;
  Node root() const { return document.node(); }
  // Relative paths in a kubeconfig count from its own folder (client-go clientcmd).
  fs::path resolved(std::string_view path) const {
    return path.empty() ? fs::path() : file.parent_path() / fs::path(path);
  }
};

// A named entry of one of the lists, and the file it stands in.
struct Entry {
  Node node;
  const Kubeconfig* config = nullptr;
};

Result<Kubeconfig> read_kubeconfig(const fs::path& file) {
  const auto text = read_small_file(file);
  if (!text) return tl::unexpected(text.error());
  ReadDocument read = read_yaml({.text = *text});
  if (!read.document || !read.document->node().is_map()) {
    const std::string why =
        read.diagnostics.empty()
            ? "it holds no map"
            : fmt::format("line {}: {}", read.diagnostics.front().span.start.line,
                          read.diagnostics.front().message);
    return fail(fmt::format("{}: is no kubeconfig: {}", file.string(), why));
  }
  return Kubeconfig{.file = file, .document = std::move(*read.document)};
}

std::vector<fs::path> kubeconfig_files(const std::string& file) {
  if (!file.empty()) return {file};
  std::vector<fs::path> files;
  const char* variable = std::getenv("KUBECONFIG");
  const std::string_view listed = variable == nullptr ? "" : variable;
  std::string_view rest = listed;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(':'));
    // As kubectl: what is listed and not there is passed over.
    std::error_code ignored;
    if (!one.empty() && fs::exists(fs::path(one), ignored)) files.emplace_back(one);
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  const char* home = std::getenv("HOME");
  if (listed.empty() && home != nullptr) files.push_back(fs::path(home) / ".kube" / "config");
  return files;
}

Entry find(const std::vector<Kubeconfig>& configs, std::string_view list, std::string_view name) {
  for (const Kubeconfig& config : configs) {
    for (const Node entry : config.root()[list].items()) {
      if (entry["name"].text() == name) return {entry, &config};
    }
  }
  return {};
}

// Data that cannot be read is an error: an authority that is not there would be the system's.
Result<TextSource> source(const Entry& entry, Node node, std::string_view data,
                          std::string_view file) {
  auto text = from_base64(node[data].text());
  if (!text || (text->empty() && !node[data].text().empty()))
    return fail(fmt::format("{} is no base64", data));
  return TextSource{.text = std::move(*text), .file = entry.config->resolved(node[file].text())};
}

Result<void> read_server(std::string_view url, Access& access) {
  const auto malformed = [&] {
    return fail(
        fmt::format("\"{}\" is no server, like https://10.0.0.1:6443", printable(url, 100)));
  };
  std::string_view rest = url;
  access.tls = rest.starts_with("https://");
  if (!access.tls && !rest.starts_with("http://")) return malformed();
  rest.remove_prefix(access.tls ? 8 : 7);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  std::string_view path = rest.substr(authority.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  access.base_path = path;
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  access.host = host;
  access.port = access.tls ? 443 : 80;
  if (host.empty()) return malformed();
  if (colon == std::string_view::npos) return {};
  const std::string_view digits = authority.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), access.port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return malformed();
  return {};
}

CredentialPlugin read_plugin(const Entry& user, Node exec) {
  CredentialPlugin plugin{.command = std::string(exec["command"].text()),
                          .api_version = std::string(exec["apiVersion"].text()),
                          .install_hint = std::string(exec["installHint"].text())};
  // A command with a slash is a path, and paths count from the kubeconfig.
  if (plugin.command.find('/') != std::string::npos)
    plugin.command = user.config->resolved(plugin.command).string();
  for (const Node argument : exec["args"].items()) plugin.arguments.emplace_back(argument.text());
  for (const Node variable : exec["env"].items()) {
    plugin.environment.emplace_back(variable["name"].text(), variable["value"].text());
  }
  return plugin;
}

Result<void> read_user(const Entry& entry, Access& access) {
  const Node user = entry.node["user"];
  auto chain = source(entry, user, "client-certificate-data", "client-certificate");
  if (!chain) return tl::unexpected(chain.error());
  access.client_chain = std::move(*chain);
  auto key = source(entry, user, "client-key-data", "client-key");
  if (!key) return tl::unexpected(key.error());
  access.client_key = std::move(*key);
  // Of a token and a file of it the file counts (client-go).
  access.token.file = entry.config->resolved(user["tokenFile"].text());
  if (access.token.file.empty()) access.token.text = user["token"].text();
  if (user["exec"].is_map()) access.plugin = read_plugin(entry, user["exec"]);
  if (user["auth-provider"].exists())
    return fail("auth-provider is no longer supported by Kubernetes; use an exec plugin");
  if (user["as"].exists()) return fail("impersonation (\"as\") is not supported");
  if (user["username"].exists())
    return fail("basic authentication is no longer supported by Kubernetes");
  return {};
}

Result<Access> access_of(const std::vector<Kubeconfig>& configs, std::string_view name) {
  const Entry context = find(configs, "contexts", name);
  if (!context.node.exists()) return fail(fmt::format("there is no context \"{}\"", name));
  const Node wanted = context.node["context"];
  const Entry cluster = find(configs, "clusters", wanted["cluster"].text());
  if (!cluster.node.exists()) {
    return fail(fmt::format("context \"{}\" names cluster \"{}\", which is not there", name,
                            wanted["cluster"].text()));
  }
  Access access;
  const Node server = cluster.node["cluster"];
  if (auto read = read_server(server["server"].text(), access); !read)
    return tl::unexpected(read.error());
  if (server["proxy-url"].exists()) return fail("proxy-url is not supported");
  auto ca = source(cluster, server, "certificate-authority-data", "certificate-authority");
  if (!ca) return tl::unexpected(ca.error());
  access.ca = std::move(*ca);
  access.server_name = server["tls-server-name"].text();
  access.verify = !server["insecure-skip-tls-verify"].boolean();
  const std::string_view user_name = wanted["user"].text();
  const Entry user = find(configs, "users", user_name);
  if (user.node.exists()) {
    if (auto read = read_user(user, access); !read)
      return fail(fmt::format("user \"{}\": {}", user_name, read.error().message));
  } else if (!user_name.empty()) {
    return fail(
        fmt::format("context \"{}\" names user \"{}\", which is not there", name, user_name));
  }
  access.name_space = non_empty(wanted["namespace"], "default");
  return access;
}

}  // namespace

Result<std::string> read_small_file(const fs::path& path) {
  constexpr std::size_t kLargest = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(fmt::format("{}: {}", path.string(), std::generic_category().message(errno)));
  std::string text(kLargest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || (text.empty() && !file.eof()))
    return fail(fmt::format("{}: cannot be read", path.string()));
  if (text.size() > kLargest) return fail(fmt::format("{}: larger than 1 MiB", path.string()));
  return text;
}

Result<Access> access_from_kubeconfig(const std::string& file, const std::string& context) {
  std::vector<Kubeconfig> configs;
  std::string names;
  for (const fs::path& path : kubeconfig_files(file)) {
    auto config = read_kubeconfig(path);
    if (!config) {
      return fail(fmt::format("{}; name a kubeconfig with --kubeconfig or KUBECONFIG",
                              config.error().message));
    }
    names += fmt::format("{}{}", names.empty() ? "" : ", ", path.string());
    configs.push_back(std::move(*config));
  }
  if (configs.empty())
    return fail("there is no kubeconfig; name one with --kubeconfig or KUBECONFIG");
  std::string name = context;
  for (const Kubeconfig& config : configs) {
    if (name.empty()) name = config.root()["current-context"].text();
  }
  if (name.empty())
    return fail(fmt::format("{}: has no current-context; choose one with --context", names));
  auto access = access_of(configs, name);
  if (!access) return fail(fmt::format("{}: {}", names, access.error().message));
  return access;
}

bool has_kubeconfig() {
  const auto files = kubeconfig_files({});
  return std::any_of(files.begin(), files.end(), [](const fs::path& file) {
    std::error_code ignored;
    return fs::exists(file, ignored);
  });
}

Result<Access> access_from_pod(const fs::path& mount) {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  std::error_code ignored;
  if (host == nullptr || port == nullptr || !fs::exists(mount / "token", ignored)) {
    return fail(
        "this is no Pod with a service account: KUBERNETES_SERVICE_HOST or its token is missing; "
        "outside of a cluster use --kubeconfig");
  }
  Access access{.host = host, .ca = {.file = mount / "ca.crt"}, .token = {.file = mount / "token"}};
  const std::string_view digits = port;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), access.port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return fail(fmt::format("KUBERNETES_SERVICE_PORT is no port: {}", printable(digits, 20)));
  if (auto name_space = read_small_file(mount / "namespace")) {
    name_space->erase(name_space->find_last_not_of(" \r\n\t") + 1);
    access.name_space = std::move(*name_space);
  }
  return access;
}

}  // namespace stateward
