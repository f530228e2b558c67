#include "engine/known_images.h"

#include <doctest/doctest.h>

#include <string>

#include "test/unit/fixture.h"

using namespace stateward;

namespace {

// A container that lives as long as its fixture.
struct Alone {
  explicit Alone(const std::string& container)
      : fixture(Fixture::from_yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: "
                                   "{containers: [" +
                                   container + "]}}")) {}
  Container container() const {
    return pod_spec_of(fixture.object(Kind::pod, "p")).containers().front();
  }
  Fixture fixture;
};

const KnownImage* known(const std::string& image, const std::string& rest = "") {
  return known_image(Alone("{name: c, image: \"" + image + "\"" + rest + "}").container());
}

bool helps(const std::string& name, const std::string& image) {
  return is_helper_container(Alone("{name: " + name + ", image: \"" + image + "\"}").container());
}

struct Split {
  const char* image;
  const char* repository;
};

bool asks_peers(const Container& container, bool has_claims) {
  return peer_question(container, container.readiness(), has_claims) != nullptr;
}

struct Asked {
  const char* image;
  const char* probe;
  bool needs_peers;
};

struct Hint {
  const char* image;
  const char* data_path;
  bool peers_before_ready;
  bool inject_readiness;
};

}  // namespace

TEST_CASE(
    "a repository's last part is what stands before tag and digest and after the last slash") {
  const Split cases[] = {
      {"postgres", "postgres"},
      {"postgres:16", "postgres"},
      {"library/postgres:16.1-alpine", "postgres"},
      {"docker.io/library/postgres", "postgres"},
      {"registry:5000/postgres", "postgres"},
      {"registry:5000/library/postgres:16", "postgres"},
      {"registry:5000/library/postgres:16@sha256:0123", "postgres"},
      {"postgres@sha256:0123", "postgres"},
      {"localhost:5000/a/b/c/d:e", "d"},
      {"", ""},
      {":16", ""},
      {"postgres/", ""},
      {"@sha256:0123", ""},
  };
  for (const Split& expected : cases) {
    CAPTURE(expected.image);
    CHECK(image_repository(expected.image) == expected.repository);
  }
}

TEST_CASE("known images carry the hints of their servers") {
  const Hint cases[] = {
      {"postgres:16", "/var/lib/postgresql", false, true},
      {"mysql:8", "/var/lib/mysql", false, true},
      {"redis:7", "/data", false, true},
      {"mongo", "/data/db", true, true},
      {"docker.io/bitnami/mongodb:7.0", "/data/db", true, true},
      {"bitnami/postgresql:16", "/bitnami/postgresql", false, true},
      {"crunchydata/crunchy-postgres:centos7-10.0-1.6.0", "/pgdata", false, true},
      {"quay.io/coreos/etcd:v3.5", "/var/lib/etcd", true, false},
      {"zookeeper", "/data", true, true},
      {"apache/kafka", "/var/lib/kafka/data", true, false},
      {"cassandra", "/var/lib/cassandra", true, false},
      {"scylladb/scylla", "/var/lib/scylla", true, false},
      {"docker.elastic.co/elasticsearch/elasticsearch:8", "/usr/share/elasticsearch/data", true,
       true},
      {"rabbitmq:3-management", "/var/lib/rabbitmq", true, false},
      {"cockroachdb/cockroach:v23", "/cockroach/cockroach-data", true, false},
      {"hashicorp/vault:1.15", "/vault/file", true, false},
      {"hashicorp/vault-enterprise:1.15-ent", "/vault/file", true, false},
      {"quay.io/openbao/openbao", "/openbao/file", true, false},
      {"ghcr.io/zalando/spilo-17:4.0-p2", "", false, false},
      {"patroni:4", "", false, false},
      {"prom/prometheus", "/prometheus", false, true},
  };
  for (const Hint& expected : cases) {
    CAPTURE(expected.image);
    const KnownImage* image = known(expected.image);
    REQUIRE(image != nullptr);
    CHECK(image->data_paths[0] == expected.data_path);
    CHECK(image->peers_before_ready == expected.peers_before_ready);
    CHECK(image->inject_readiness == expected.inject_readiness);
    CHECK_FALSE(image->reason.empty());
    CHECK_FALSE(image->source.empty());
  }
}

TEST_CASE("an image of a similar name is not known") {
  for (const char* image : {"", "nginx", "postgres-backup", "my-postgres", "Postgres", "vault-init",
                            "vault/agent", "postgres/tool", "spilo2", "redisinsight"}) {
    CAPTURE(image);
    CHECK(known(image) == nullptr);
  }
}

TEST_CASE("a container that overrides its command is not what its image says") {
  CHECK(known("postgres", ", command: [sh, -c, sleep]") == nullptr);
  CHECK(known("postgres", ", command: []") != nullptr);
  CHECK(known("postgres", ", command: null") != nullptr);
  CHECK(known("postgres", ", args: [-c, max_connections=9]") != nullptr);
}

TEST_CASE("a repository is known whatever its container runs, for the sake of silence") {
  const Alone vault("{name: c, image: hashicorp/vault, command: [sh, -c, vault]}");
  REQUIRE(known_repository(vault.container()) != nullptr);
  CHECK(known_repository(vault.container())->takes_on_delete);
  CHECK(known_image(vault.container()) == nullptr);
  const Alone none("{name: c}");
  CHECK(known_repository(none.container()) == nullptr);
}

TEST_CASE("a readiness probe is known to need peers by what it asks, and of whom") {
  const Asked cases[] = {
      {"any", "httpGet: {path: /_cluster/health}", false},
      {"any", "httpGet: {path: '/health?ready=1'}", true},
      {"etcd:v3", "httpGet: {path: /health}", true},
      {"etcd:v3", "httpGet: {path: '/health?serializable=true'}", false},
      {"etcd:v3", "httpGet: {path: /livez}", false},
      {"web", "httpGet: {path: /health}", false},
      {"etcd:v3", "exec: {command: [etcdctl, --endpoints=a, endpoint, health]}", true},
      {"any", "exec: {command: [etcdctl, --endpoints=a, endpoint, health]}", false},
      {"consul", "exec: {command: [sh, -c, 'curl a/v1/status/leader | grep .+']}", true},
      {"consul", "httpGet: {path: /v1/status/leader}", false},
      {"any", "exec: {command: [sh, -c, 'zkServer.sh status']}", true},
      {"any", "exec: {command: [sh, -c, 'echo ruok | nc localhost 2181']}", false},
      {"rabbitmq", "exec: {command: [rabbitmq-diagnostics, -q, check_running]}", true},
      {"rabbitmq", "exec: {command: [rabbitmq-diagnostics, -q, ping]}", false},
      {"nats", "httpGet: {path: /healthz}", true},
      {"nats", "httpGet: {path: '/healthz?js-server-only=true'}", false},
      {"any", "tcpSocket: {port: 2379}", false},
  };
  for (const Asked& asked : cases) {
    CAPTURE(asked.probe);
    const Alone alone("{name: c, image: '" + std::string(asked.image) +
                      "', command: [sh], readinessProbe: {" + asked.probe + "}}");
    CHECK(asks_peers(alone.container(), true) == asked.needs_peers);
  }
  const Alone core("{name: c, image: nats, readinessProbe: {httpGet: {path: /healthz}}}");
  CHECK_FALSE(asks_peers(core.container(), false));
}

TEST_CASE("only members that may lead first are known to wait for the cluster's health") {
  const auto asks = [](const std::string& variable, const std::string& path) {
    const Alone alone("{name: c, image: any, env: [{name: " + variable +
                      ", value: a}], readinessProbe: {httpGet: {path: '" + path + "'}}}");
    return asks_peers(alone.container(), true);
  };
  CHECK(asks("cluster.initial_master_nodes", "/_cluster/health"));
  CHECK(asks("discovery.zen.minimum_master_nodes", "/_cluster/health"));
  CHECK(asks("cluster.initial_cluster_manager_nodes", "/_cluster/health"));
  CHECK_FALSE(asks("cluster.initial_master_nodes", "/_cluster/health?local=true"));
  CHECK_FALSE(asks("node.roles", "/_cluster/health"));
}

TEST_CASE("helpers are known by their container's name or their image, as a whole") {
  CHECK(helps("istio-proxy", "example.org/any"));
  CHECK(helps("mesh", "docker.io/istio/proxyv2:1.20"));
  CHECK(helps("linkerd-proxy", ""));
  CHECK(helps("vault-agent", "hashicorp/vault:1.15"));
  CHECK(helps("cloud-sql-proxy", ""));
  CHECK(helps("proxy", "gcr.io/cloudsql-docker/gce-proxy:1.33"));
  CHECK(helps("config-reloader", ""));
  CHECK(helps("c", "quay.io/prometheus-operator/prometheus-config-reloader:v0.70"));
  CHECK(helps("log", "fluent/fluent-bit:2"));
  CHECK(helps("metrics", "oliver006/redis_exporter"));
  CHECK(helps("postgres-exporter", ""));
  for (const char* name : {"app", "vault", "istio-proxy-2", "proxy", "reloader-api", "sidecar"}) {
    CAPTURE(name);
    CHECK_FALSE(helps(name, "example.org/app:1"));
  }
  CHECK_FALSE(helps("db", "registry/fluentd/postgres:16"));
}

TEST_CASE("client ports are known by whole names and three prefixes") {
  for (const char* name : {"http", "https", "grpc", "client", "db", "sql", "mysql", "postgresql",
                           "redis", "mongodb", "amqp", "kafka", "http-web", "grpc-api", "tcp-pg"}) {
    CAPTURE(name);
    CHECK(is_client_port_name(name));
  }
  for (const char* name : {"", "metrics", "peer", "http2", "httpx", "https-web", "tcp", "clients",
                           "my-http", "HTTP", "gossip"}) {
    CAPTURE(name);
    CHECK_FALSE(is_client_port_name(name));
  }
}
