// Data with its reasons. A hint must hold for every common build of an image; what is true of one
// vendor's only is left out.

#include "engine/known_images.h"

#include <algorithm>
#include <array>

namespace stateward {
namespace {

constexpr std::string_view kNoLiveness =
    "recovery replays its log before it answers; an open port comes late";
constexpr std::string_view kSealed =
    "a sealed server listens and is not ready: an open port means less than readiness";
constexpr std::string_view kPatroni =
    "every member listens, and only the leader takes writes: readiness is the manager's";
constexpr std::string_view kJoins =
    "members join before they serve, so one that waits for its peers is not broken";
constexpr std::string_view kPlain = "the port opens when the server can answer";

constexpr std::array kImages = {
    KnownImage{.repository = "postgres", .data_path = "/var/lib/postgresql", .reason = kNoLiveness},
    KnownImage{
        .repository = "postgresql", .data_path = "/bitnami/postgresql", .reason = kNoLiveness},
    KnownImage{.repository = "postgis", .data_path = "/var/lib/postgresql", .reason = kNoLiveness},
    KnownImage{.repository = "pgvector", .data_path = "/var/lib/postgresql", .reason = kNoLiveness},
    KnownImage{.repository = "spilo", .inject_readiness = false, .reason = kPatroni},
    KnownImage{.repository = "patroni", .inject_readiness = false, .reason = kPatroni},
    KnownImage{.repository = "mysql", .data_path = "/var/lib/mysql", .reason = kNoLiveness},
    KnownImage{.repository = "percona", .data_path = "/var/lib/mysql", .reason = kNoLiveness},
    KnownImage{.repository = "mariadb", .data_path = "/var/lib/mysql", .reason = kNoLiveness},
    KnownImage{.repository = "mariadb-galera",
               .data_path = "/bitnami/mariadb",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = kJoins},
    KnownImage{.repository = "percona-xtradb-cluster",
               .data_path = "/var/lib/mysql",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = kJoins},
    KnownImage{.repository = "redis", .data_path = "/data", .reason = kPlain},
    KnownImage{.repository = "redis-stack-server", .data_path = "/data", .reason = kPlain},
    KnownImage{.repository = "valkey", .data_path = "/data", .reason = kPlain},
    KnownImage{.repository = "mongo",
               .data_path = "/data/db",
               .peers_before_ready = true,
               .reason = kPlain},
    KnownImage{.repository = "mongodb", .peers_before_ready = true, .reason = kPlain},
    KnownImage{.repository = "mongodb-community-server",
               .data_path = "/data/db",
               .peers_before_ready = true,
               .reason = kPlain},
    KnownImage{.repository = "etcd",
               .data_path = "/var/lib/etcd",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = "clients are answered only once a quorum has formed"},
    KnownImage{.repository = "zookeeper",
               .data_path = "/data",
               .peers_before_ready = true,
               .reason = kPlain},
    KnownImage{.repository = "kafka",
               .data_path = "/var/lib/kafka/data",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = "the client port opens after the controllers have elected"},
    KnownImage{.repository = "cp-kafka",
               .data_path = "/var/lib/kafka/data",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = "the client port opens after the controllers have elected"},
    KnownImage{.repository = "cassandra",
               .data_path = "/var/lib/cassandra",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = "the client port opens after the ring was joined"},
    KnownImage{.repository = "scylla",
               .data_path = "/var/lib/scylla",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = "the client port opens after the ring was joined"},
    KnownImage{.repository = "elasticsearch",
               .data_path = "/usr/share/elasticsearch/data",
               .peers_before_ready = true,
               .reason = "the port opens before a master is elected"},
    KnownImage{.repository = "opensearch",
               .data_path = "/usr/share/opensearch/data",
               .peers_before_ready = true,
               .reason = "the port opens before a master is elected"},
    KnownImage{.repository = "rabbitmq",
               .data_path = "/var/lib/rabbitmq",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = "the client port opens after the cluster was joined"},
    KnownImage{.repository = "cockroach",
               .data_path = "/cockroach/cockroach-data",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = "the port opens before the cluster is initialised"},
    KnownImage{.repository = "consul",
               .data_path = "/consul/data",
               .peers_before_ready = true,
               .reason = kPlain},
    KnownImage{.repository = "nomad",
               .data_path = "/nomad/data",
               .peers_before_ready = true,
               .reason = kPlain},
    KnownImage{.repository = "vault",
               .data_path = "/vault/data",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = kSealed},
    KnownImage{.repository = "vault-enterprise",
               .data_path = "/vault/data",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = kSealed},
    KnownImage{.repository = "openbao",
               .data_path = "/openbao/data",
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = kSealed},
    KnownImage{
        .repository = "nats", .data_path = "/data", .peers_before_ready = true, .reason = kPlain},
    KnownImage{.repository = "minio",
               .data_path = "/data",
               .peers_before_ready = true,
               .reason = "the port opens before the drives are agreed on"},
    KnownImage{.repository = "prometheus", .data_path = "/prometheus", .reason = kPlain},
    KnownImage{.repository = "loki", .data_path = "/var/loki", .reason = kPlain},
    KnownImage{.repository = "grafana", .data_path = "/var/lib/grafana", .reason = kPlain},
};

// Beside an application: what matches, and why it needs no readiness probe of its own.
struct Helper {
  std::string_view name;  // of the container, or of its image's repository
  std::string_view reason;
};
constexpr std::array kHelpers = {
    Helper{"istio-proxy", "injected by the mesh with a probe of the mesh's own"},
    Helper{"proxyv2", "the image of istio-proxy"},
    Helper{"istio-init", "injected by the mesh"},
    Helper{"linkerd-proxy", "injected by the mesh with a probe of the mesh's own"},
    Helper{"linkerd-init", "injected by the mesh"},
    Helper{"vault-agent", "injected; renders files and answers nobody"},
    Helper{"vault-agent-init", "injected; ends before the application starts"},
    Helper{"cloud-sql-proxy", "a tunnel of the application's own"},
    Helper{"cloudsql-proxy", "a tunnel of the application's own"},
    Helper{"gce-proxy", "the image of cloud-sql-proxy before its version 2"},
    Helper{"config-reloader", "watches files and answers nobody"},
    Helper{"prometheus-config-reloader", "watches files and answers nobody"},
    Helper{"configmap-reload", "watches files and answers nobody"},
    Helper{"reloader", "watches files and answers nobody"},
    Helper{"rules-configmap-reloader", "watches files and answers nobody"},
    Helper{"mongo-k8s-sidecar", "configures the replica set and answers nobody"},
    Helper{"k8s-sidecar", "copies files and answers nobody"},
    Helper{"git-sync", "copies files and answers nobody"},
    Helper{"fluent-bit", "ships logs and answers nobody"},
    Helper{"fluentd", "ships logs and answers nobody"},
    Helper{"filebeat", "ships logs and answers nobody"},
    Helper{"promtail", "ships logs and answers nobody"},
    Helper{"vector", "ships logs and answers nobody"},
    Helper{"xtrabackup", "serves clones to its peers, not to clients"},
    Helper{"wal-g", "ships backups and answers nobody"},
    Helper{"pgbackrest", "ships backups and answers nobody"},
    Helper{"velero", "ships backups and answers nobody"},
};

// Metrics exporters are named after what they export ("redis-exporter").
constexpr std::string_view kExporter = "exporter";

constexpr std::array<std::string_view, 12> kClientPorts = {
    "http",  "https",      "grpc",  "client",  "db",   "sql",
    "mysql", "postgresql", "redis", "mongodb", "amqp", "kafka"};
constexpr std::array<std::string_view, 3> kClientPortPrefixes = {"http-", "grpc-", "tcp-"};

bool is_helper_name(std::string_view name) {
  return name.find(kExporter) != std::string_view::npos ||
         std::any_of(kHelpers.begin(), kHelpers.end(),
                     [&](const Helper& helper) { return helper.name == name; });
}

// Spilo's builds carry PostgreSQL's version in their name: "spilo-17".
std::string_view family_of(std::string_view repository) {
  return repository.starts_with("spilo-") ? "spilo" : repository;
}

}  // namespace

std::string_view image_repository(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  if (slash != std::string_view::npos) image.remove_prefix(slash + 1);
  return image.substr(0, image.find(':'));
}

const KnownImage* known_image(const Container& container) {
  if (!container.node["command"].empty()) return nullptr;
  const std::string_view repository = family_of(image_repository(container.image()));
  const auto found = std::find_if(kImages.begin(), kImages.end(), [&](const KnownImage& image) {
    return image.repository == repository;
  });
  return found == kImages.end() ? nullptr : &*found;
}

bool is_helper_container(const Container& container) {
  return is_helper_name(container.name()) || is_helper_name(image_repository(container.image()));
}

bool is_client_port_name(std::string_view name) {
  return std::find(kClientPorts.begin(), kClientPorts.end(), name) != kClientPorts.end() ||
         std::any_of(kClientPortPrefixes.begin(), kClientPortPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace stateward
