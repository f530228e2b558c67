// Data with its reasons. A hint must hold for every common build of an image; what is true of one
// vendor's only is left out.

#include "engine/known_images.h"

#include <algorithm>
#include <array>
#include <string>

namespace stateward {
namespace {

constexpr std::string_view kReplays =
    "recovery replays its log before it answers; an open port comes late";
constexpr std::string_view kSealed =
    "a sealed server listens and is not ready: an open port means less than readiness";
constexpr std::string_view kPlain = "the port opens when the server can answer";
constexpr std::string_view kBroker = "the client port opens after the controllers have elected";
constexpr std::string_view kServers =
    "servers elect a leader before they answer; the port is open earlier";

constexpr std::string_view kKnockLong = "let it knock at the port, with a startupProbe of minutes";
constexpr std::string_view kHttpLong = "ask its health page, with a startupProbe of minutes";

// Where a path of one vendor's build stands beside the common one, either may hold the data.
constexpr std::array kImages = {
    KnownImage{.repositories = {"postgres", "postgis", "pgvector"},
               .data_paths = {"/var/lib/postgresql", "/var/lib/postgresql/data"},
               .stops_slowly = true,
               .reason = kReplays,
               .source = "docker-library/postgres 17 and 18: VOLUME, STOPSIGNAL with its remarks"},
    KnownImage{.repositories = {"postgresql"},
               .data_paths = {"/bitnami/postgresql"},
               .stops_slowly = true,
               .reason = kReplays,
               .source = "bitnami images: VOLUME /bitnami/<name>; as postgres"},
    KnownImage{.repositories = {"crunchy-postgres"},
               .data_paths = {"/pgdata"},
               .stops_slowly = true,
               .reason = kReplays,
               .source = "CrunchyData/crunchy-containers build/postgres/Dockerfile: VOLUME"},
    KnownImage{.repositories = {"spilo", "patroni"},
               .stops_slowly = true,
               .inject_readiness = false,
               .reason = "every member listens, and only the leader takes writes",
               .source = "patroni docs/rest_api.rst: /primary is 200 on the leader alone"},
    KnownImage{.repositories = {"mysql", "percona", "mysql-server"},
               .data_paths = {"/var/lib/mysql"},
               .stops_slowly = true,
               .reason = kReplays,
               .source = "docker-library/mysql: VOLUME"},
    KnownImage{.repositories = {"mariadb"},
               .data_paths = {"/var/lib/mysql", "/bitnami/mariadb"},
               .stops_slowly = true,
               .reason = kReplays,
               .source = "bitnami mariadb: VOLUME; docker-library/mysql, whose layout it keeps"},
    KnownImage{.repositories = {"mariadb-galera", "percona-xtradb-cluster"},
               .data_paths = {"/var/lib/mysql", "/bitnami/mariadb"},
               .peers_before_ready = true,
               .majority = Majority::votes,
               .stops_slowly = true,
               .inject_readiness = false,
               .reason = "members join before they serve: one that waits for its peers is well",
               .source = "percona-xtradb-cluster-operator's sets: grace of 600 s"},
    KnownImage{.repositories = {"redis", "redis-stack-server", "valkey"},
               .data_paths = {"/data", "/bitnami/redis"},
               .maybe_cache = true,
               .liveness = kKnockLong,
               .reason = kPlain,
               .source = "docker-library/redis, valkey-io/valkey-container: VOLUME"},
    KnownImage{.repositories = {"mongo", "mongodb", "mongodb-community-server"},
               .data_paths = {"/data/db", "/bitnami/mongodb"},
               .peers_before_ready = true,
               .majority = Majority::copies,  // an arbiter elsewhere may have a vote, too
               .stops_slowly = true,
               .reason = kPlain,
               .source = "docker-library/mongo: VOLUME; mongod: 15 s of quiescence on SIGTERM"},
    KnownImage{.repositories = {"etcd"},
               .data_paths = {"/var/lib/etcd"},
               .peers_before_ready = true,
               .majority = Majority::votes,
               .inject_readiness = false,
               .liveness = "ask /livez, or /health?serializable=true before etcd 3.5.11",
               .reason = "clients are answered only once a quorum has formed",
               .source = "etcd: Dockerfile-release WORKDIR; FAQ, odd cluster sizes"},
    KnownImage{.repositories = {"zookeeper"},
               .data_paths = {"/data", "/datalog"},
               .peers_before_ready = true,
               .majority = Majority::votes,
               .liveness = kKnockLong,
               .reason = kPlain,
               .source = "31z4/zookeeper-docker: VOLUME; administrator's guide: ruok, majorities"},
    // Brokers whose controllers stand elsewhere need no majority of themselves.
    KnownImage{.repositories = {"kafka", "cp-kafka"},
               .data_paths = {"/var/lib/kafka/data"},
               .peers_before_ready = true,
               .inject_readiness = false,
               .liveness = kKnockLong,
               .reason = kBroker,
               .source = "apache/kafka docker/jvm/Dockerfile: VOLUME"},
    KnownImage{.repositories = {"cassandra"},
               .data_paths = {"/var/lib/cassandra"},
               .peers_before_ready = true,
               .stops_slowly = true,
               .inject_readiness = false,
               .reason = "the client port opens after the ring was joined",
               .source = "docker-library/cassandra: VOLUME; kubernetes/examples: grace of 1800 s"},
    KnownImage{.repositories = {"scylla"},
               .data_paths = {"/var/lib/scylla"},
               .peers_before_ready = true,
               .inject_readiness = false,
               .reason = "the client port opens after the ring was joined",
               .source = "ScyllaDB documentation: image, data volume"},
    KnownImage{
        .repositories = {"elasticsearch", "elasticsearch-oss", "opensearch"},
        .data_paths = {"/usr/share/elasticsearch/data", "/usr/share/opensearch/data"},
        .peers_before_ready = true,
        .majority = Majority::copies,
        .liveness = kKnockLong,
        .reason = "the port opens before a master is elected",
        .source = "opensearch-build dockerfile; Elasticsearch's Docker page; helm-charts#35"},
    KnownImage{.repositories = {"rabbitmq"},
               .data_paths = {"/var/lib/rabbitmq"},
               .may_keep_nothing = true,
               .peers_before_ready = true,
               .majority = Majority::copies,
               .inject_readiness = false,
               .liveness = "run rabbitmq-diagnostics -q ping, with a long budget",
               .reason = "the client port opens after the cluster was joined",
               .source = "docker-library/rabbitmq: VOLUME; bitnami/charts#25931"},
    KnownImage{.repositories = {"cockroach"},
               .data_paths = {"/cockroach/cockroach-data"},
               .peers_before_ready = true,
               .majority = Majority::copies,
               .stops_slowly = true,
               .inject_readiness = false,
               .liveness = "ask /health without ready=1",
               .reason = "the port opens before the cluster is initialised",
               .source = "cockroach build/deploy/Dockerfile; its health endpoints; "
                         "kubernetes/examples: grace of 60 s"},
    KnownImage{.repositories = {"consul"},
               .data_paths = {"/consul/data"},
               .may_keep_nothing = true,
               .peers_before_ready = true,
               .majority = Majority::votes,
               .reason = kServers,
               .source = "hashicorp/docker-consul: VOLUME"},
    KnownImage{.repositories = {"nomad"},
               .peers_before_ready = true,
               .majority = Majority::votes,
               .reason = kServers,
               .source = "hashicorp/nomad Dockerfile: no data directory of its own"},
    KnownImage{
        .repositories = {"vault", "vault-enterprise"},
        .data_paths = {"/vault/file", "/vault/data"},
        .may_keep_nothing = true,
        .peers_before_ready = true,
        .majority = Majority::copies,
        .takes_on_delete = true,
        .inject_readiness = false,
        .reason = kSealed,
        .source = "hashicorp/vault Dockerfile; vault-helm: OnDelete, liveness off, /vault/data"},
    KnownImage{.repositories = {"openbao"},
               .data_paths = {"/openbao/file", "/openbao/data"},
               .may_keep_nothing = true,
               .peers_before_ready = true,
               .majority = Majority::copies,
               .takes_on_delete = true,
               .inject_readiness = false,
               .reason = kSealed,
               .source = "openbao Dockerfile; openbao-helm: OnDelete, liveness off"},
    KnownImage{.repositories = {"nats"},
               .data_paths = {"/data"},
               .may_keep_nothing = true,
               .peers_before_ready = true,
               .majority = Majority::copies,
               .liveness = "ask /healthz?js-server-only=true",
               .reason = kPlain,
               .source = "nats-io/k8s chart: JetStream below /data; nats-io/k8s#594"},
    KnownImage{.repositories = {"minio"},
               .data_paths = {"/data"},
               .may_keep_nothing = true,
               .peers_before_ready = true,
               .majority = Majority::copies,
               .liveness = "ask /minio/health/live",
               .reason = "the port opens before the drives are agreed on",
               .source = "minio Dockerfile.release: VOLUME; docs/metrics/healthcheck"},
    KnownImage{.repositories = {"prometheus"},
               .data_paths = {"/prometheus"},
               .may_keep_nothing = true,
               .liveness = kHttpLong,
               .reason = kPlain,
               .source = "prometheus Dockerfile: VOLUME"},
    KnownImage{.repositories = {"loki"},
               .data_paths = {"/loki", "/var/loki"},
               .may_keep_nothing = true,
               .liveness = kHttpLong,
               .reason = kPlain,
               .source = "grafana/loki cmd/loki/Dockerfile; its chart: /var/loki"},
    KnownImage{.repositories = {"grafana"},
               .data_paths = {"/var/lib/grafana"},
               .may_keep_nothing = true,
               .liveness = kHttpLong,
               .reason = kPlain,
               .source = "grafana packaging/docker/Dockerfile: GF_PATHS_DATA"},
};

// Left out: mntr and srvr of ZooKeeper, which one member answers where its vote weighs enough, and
// replica sets that are initiated from outside. Of Elasticsearch only those who may lead are meant:
// the others find their masters in another set.
constexpr std::array kPeerQuestions = {
    PeerQuestion{.text = "/_cluster/health",
                 .unless = "local=true",
                 .environment = "master_nodes",
                 .asks = "for the health of the cluster",
                 .source = "elastic/helm-charts#35"},
    PeerQuestion{.text = "/_cluster/health",
                 .unless = "local=true",
                 .environment = "cluster_manager_nodes",
                 .asks = "for the health of the cluster",
                 .source = "OpenSearch documentation: cluster.initial_cluster_manager_nodes"},
    PeerQuestion{.text = "/health?ready=1",
                 .asks = "whether most members are reached",
                 .source = "CockroachDB documentation: health endpoints; cockroach-operator#470"},
    PeerQuestion{.text = "endpoint health",
                 .repository = "etcd",
                 .asks = "for a write that a quorum commits",
                 .source = "kubernetes/kubernetes#97034"},
    PeerQuestion{.text = "cluster-health",
                 .repository = "etcd",
                 .asks = "for the health of the cluster",
                 .source = "kubernetes/kubernetes#97034"},
    PeerQuestion{.text = "/health",
                 .unless = "serializable=true",
                 .repository = "etcd",
                 .asks = "whether there is a leader",
                 .source = "kubeadm: /health?serializable=true for one member alone"},
    PeerQuestion{.text = "zkServer.sh status",
                 .asks = "whether it follows or leads a quorum",
                 .source = "apache/zookeeper bin/zkServer.sh: no mode, no success"},
    // The page itself answers 200 whether or not there is one: "" then.
    PeerQuestion{.text = "/v1/status/leader",
                 .also = "grep",
                 .repository = "consul",
                 .asks = "whether there is a leader",
                 .source = "consul's chart: the leader must not be empty"},
    PeerQuestion{.text = "/healthz",
                 .unless = "js-",
                 .repository = "nats",
                 .with_claims = true,
                 .asks = "for contact with JetStream's leader",
                 .source = "nats-io/k8s#594, #622"},
    PeerQuestion{.text = "/minio/health/cluster",
                 .asks = "whether there is a quorum of drives",
                 .source = "minio docs/metrics/healthcheck"},
    PeerQuestion{.text = "cluster_state",
                 .repository = "redis",
                 .asks = "whether all slots are served",
                 .source = "Redis documentation: CLUSTER INFO"},
    PeerQuestion{.text = "check_running",
                 .repository = "rabbitmq",
                 .with_claims = true,
                 .asks = "for a full boot, which waits for peers",
                 .source = "bitnami/charts#25931"},
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
    Helper{"pmm-client", "sends metrics to its server, and gates nobody"},
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

bool has_variable(const Container& container, std::string_view end) {
  if (end.empty()) return true;
  const auto variables = container.node["env"].items();
  return std::any_of(variables.begin(), variables.end(),
                     [&](Node variable) { return variable["name"].text().ends_with(end); });
}

// A probe's command, its words parted by one space, or the path that it gets.
std::string question_of(const Probe& probe) {
  std::string asked(probe.node["httpGet"]["path"].text());
  for (const Node word : probe.node["exec"]["command"].items()) {
    if (!asked.empty()) asked += ' ';
    asked += word.text();
  }
  return asked;
}

}  // namespace

std::string_view image_repository(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  if (slash != std::string_view::npos) image.remove_prefix(slash + 1);
  return image.substr(0, image.find(':'));
}

const KnownImage* known_repository(const Container& container) {
  const std::string_view repository = family_of(image_repository(container.image()));
  if (repository.empty()) return nullptr;
  const auto found = std::find_if(kImages.begin(), kImages.end(), [&](const KnownImage& image) {
    return std::find(image.repositories.begin(), image.repositories.end(), repository) !=
           image.repositories.end();
  });
  return found == kImages.end() ? nullptr : &*found;
}

const KnownImage* known_image(const Container& container) {
  return container.node["command"].empty() ? known_repository(container) : nullptr;
}

const PeerQuestion* peer_question(const Container& container, const Probe& probe, bool has_claims) {
  const std::string asked = question_of(probe);
  const std::string_view repository = image_repository(container.image());
  const auto found =
      std::find_if(kPeerQuestions.begin(), kPeerQuestions.end(), [&](const PeerQuestion& question) {
        return asked.find(question.text) != std::string::npos &&
               (question.unless.empty() || asked.find(question.unless) == std::string::npos) &&
               asked.find(question.also) != std::string::npos &&
               (question.repository.empty() || question.repository == repository) &&
               has_variable(container, question.environment) &&
               (has_claims || !question.with_claims);
      });
  return found == kPeerQuestions.end() ? nullptr : &*found;
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
