#include "cli/local.h"

#include <fmt/format.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX's, not C++'s

#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "certs/authority.h"

namespace stateward {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kLife = kServingLife;

struct Example {
  std::string_view file;
  std::string_view path;  // to send it to
  std::string_view seen;
  std::string_view review;
};

// Reviews as the API server sends them, less what stateward does not look at.
constexpr std::array kExamples = {
    Example{"mended.json", "/mutate",
            "A set without serviceName and readiness probe is mended: allowed, with a patch "
            "(base64) that adds both.",
            R"({
  "apiVersion": "admission.k8s.io/v1",
  "kind": "AdmissionReview",
  "request": {
    "uid": "00000000-0000-4000-8000-000000000001",
    "kind": {"group": "apps", "version": "v1", "kind": "StatefulSet"},
    "resource": {"group": "apps", "version": "v1", "resource": "statefulsets"},
    "name": "db",
    "namespace": "default",
    "operation": "CREATE",
    "userInfo": {"username": "you"},
    "object": {
      "apiVersion": "apps/v1",
      "kind": "StatefulSet",
      "metadata": {"name": "db", "namespace": "default"},
      "spec": {
        "replicas": 3,
        "serviceName": "",
        "selector": {"matchLabels": {"app": "db"}},
        "template": {
          "metadata": {"labels": {"app": "db"}},
          "spec": {
            "containers": [
              {
                "name": "db",
                "image": "registry.example.com/db:1.0.0",
                "ports": [{"name": "client", "containerPort": 5000, "protocol": "TCP"}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]
              }
            ]
          }
        },
        "volumeClaimTemplates": [
          {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
          }
        ]
      }
    },
    "oldObject": null,
    "dryRun": false,
    "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}
  }
}
)"},
    Example{"denied.json", "/validate",
            "A claim that three replicas share is denied: the message names the claim, its place "
            "and what to do.",
            R"({
  "apiVersion": "admission.k8s.io/v1",
  "kind": "AdmissionReview",
  "request": {
    "uid": "00000000-0000-4000-8000-000000000002",
    "kind": {"group": "apps", "version": "v1", "kind": "StatefulSet"},
    "resource": {"group": "apps", "version": "v1", "resource": "statefulsets"},
    "name": "db",
    "namespace": "default",
    "operation": "CREATE",
    "userInfo": {"username": "you"},
    "object": {
      "apiVersion": "apps/v1",
      "kind": "StatefulSet",
      "metadata": {"name": "db", "namespace": "default"},
      "spec": {
        "replicas": 3,
        "serviceName": "db-headless",
        "selector": {"matchLabels": {"app": "db"}},
        "template": {
          "metadata": {"labels": {"app": "db"}},
          "spec": {
            "containers": [
              {
                "name": "db",
                "image": "registry.example.com/db:1.0.0",
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]
              }
            ],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "shared-data"}}]
          }
        }
      }
    },
    "oldObject": null,
    "dryRun": false,
    "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}
  }
}
)"},
};

Result<fs::path> fresh_folder() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) return fail(fmt::format("no temporary directory: {}", error.message()));
  std::string name = (parent / "stateward-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    return fail(fmt::format("{}: {}", parent.string(), std::generic_category().message(errno)));
  }
  return fs::path(name);
}

Result<void> write_file(const fs::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(fmt::format("{}: cannot be written", path.string()));
  return {};
}

Result<void> write_files(const fs::path& folder, const Authority& authority) {
  Result<void> written = write_file(folder / "ca.crt", authority.certificate);
  for (const Example& example : kExamples) {
    if (written) written = write_file(folder / example.file, example.review);
  }
  return written;
}

// Where a client on this machine reaches a server that listens everywhere.
std::string url_of(Endpoint server) {
  if (server.host == "0.0.0.0") server.host = "127.0.0.1";
  if (server.host == "::") server.host = "::1";
  return fmt::format("https://{}", to_string(server));
}

// `text` as one word of a POSIX shell.
std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

}  // namespace

Result<Local> Local::make(const fs::path& folder, const std::string& host,
                          std::chrono::sys_seconds now) {
  const auto authority = make_authority(now, {}, kLife);
  if (!authority) return tl::unexpected(authority.error());
  const std::array<std::string, 4> names = {"localhost", "127.0.0.1", "::1", host};
  auto identity = issue(*authority, names, now, kLife);
  if (!identity) return tl::unexpected(identity.error());

  Local local;
  local.identity_ = std::move(*identity);
  if (folder.empty()) {
    auto fresh = fresh_folder();
    if (!fresh) return tl::unexpected(fresh.error());
    local.folder_ = std::move(*fresh);
    local.remove_ = true;
  } else {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail(fmt::format("{}: {}", folder.string(), error.message()));
    local.folder_ = folder;
  }
  if (auto written = write_files(local.folder_, *authority); !written)
    return tl::unexpected(written.error());
  return local;
}

Local::Local(Local&& other) noexcept
    : identity_(std::move(other.identity_)),
      folder_(std::move(other.folder_)),
      remove_(std::exchange(other.remove_, false)) {}

Local::~Local() {
  std::error_code ignored;
  if (remove_) fs::remove_all(folder_, ignored);
}

std::string Local::instructions(const Endpoint& server) const {
  std::string text;
  for (const Example& example : kExamples) {
    text += fmt::format(
        "{}\n\n  curl -sS --cacert {} -H 'Content-Type: application/json' --data-binary {} {}\n\n",
        example.seen, shell_word((folder_ / "ca.crt").string()),
        shell_word(fmt::format("@{}", (folder_ / example.file).string())),
        shell_word(fmt::format("{}{}?timeout=5s", url_of(server), example.path)));
  }
  return text;
}

}  // namespace stateward
