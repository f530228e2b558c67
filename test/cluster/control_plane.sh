#!/usr/bin/env bash
# A real Kubernetes control plane on loopback, without nodes: etcd, API server and controller manager on free ports, up in
# a few seconds. Needs no root and no container engine; Go builds the programs once, into a cache that clones share.
#   control_plane.sh build         prints the folder of programs, building them where it has to; 3 where Go is missing
#   control_plane.sh build-helm    the same with helm
#   control_plane.sh build-node    the same with what node/up.sh needs: helm, scheduler, kubelet, kube-proxy, kwok, CoreDNS
#   control_plane.sh up STATE      starts; STATE is a new folder and then holds admin.conf
#   control_plane.sh down STATE    ends what `up` started there
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The programs that a set holds beside those of control-plane.
set_control_plane="go.etcd.io/etcd/server/v3 k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager
  k8s.io/kubernetes/cmd/kubectl"
set_helm="helm.sh/helm/v3/cmd/helm"
set_node="$set_helm k8s.io/kubernetes/cmd/kube-scheduler k8s.io/kubernetes/cmd/kubelet k8s.io/kubernetes/cmd/kube-proxy sigs.k8s.io/kwok/cmd/kwok"

programs() { # control_plane|helm|node
  command -v go >/dev/null || { echo "there is no Go on this machine" >&2; exit 3; }
  local version; version=$(GOTOOLCHAIN=local go env GOVERSION)
  [ "$(printf '%s\n' go1.26 "$version" | sort -V | head -1)" = go1.26 ] || { echo "$version is older than 1.26" >&2; exit 3; }
  # Built by hand the programs know no version of their own, and helm refuses such a cluster.
  local kubernetes; kubernetes=$(sed -nE 's/^\tk8s.io\/kubernetes (v[0-9.]+).*/\1/p' "$here/go.mod")
  local flags="-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes"
  local key; key=$(cat "$here"/go.{mod,sum} "$here"/dns/go.{mod,sum} <(echo "$version $flags") | sha256sum | cut -c1-16)
  local bin=${XDG_CACHE_HOME:-$HOME/.cache}/stateward/control-plane-$key
  mkdir -p "$bin"
  exec 9>"$bin/lock"; flock 9  # one builds, the others wait
  local set list
  for set in control_plane "$1"; do
    [ -e "$bin/complete-$set" ] && continue
    list=set_$set
    echo "Building the programs of a cluster: ${set/_/ } (some minutes the first time)..." >&2
    (cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags="$flags" -o "$bin/" ${!list}) >&2
    # CoreDNS and Kubernetes ask for versions that clash.
    [ "$set" != node ] || (cd "$here/dns" && CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o "$bin/" github.com/coredns/coredns) >&2
    touch "$bin/complete-$set"
  done
  exec 9>&-
  echo "$bin"
}

free_ports() {
  python3 - "$1" <<'PY'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PY
}

start() { # NAME COMMAND...: its log and process id beside it
  local name=$1; shift
  "$@" >"$name.log" 2>&1 & echo $! >"$name.pid"
}

wait_for() { # SECONDS WHAT COMMAND...
  local tries=$(($1 * 10)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || { echo "timed out waiting for $what" >&2; tail -5 ./*.log >&2; exit 1; }
    sleep .1
  done
}

certificates() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 3 -subj /CN=ca 2>/dev/null
  local name subject
  while read -r name subject; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "$subject" 2>/dev/null
    openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3 -out "$name.crt" \
      -extfile <(echo "subjectAltName=DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1") 2>/dev/null
  done <<NAMES
apiserver /CN=kube-apiserver
admin /O=system:masters/CN=admin
controllers /CN=system:kube-controller-manager
NAMES
  openssl genrsa -out accounts.key 2048 2>/dev/null
}

kubeconfig() { # NAME SERVER
  cat >"$1.conf" <<CONF
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "$2", certificate-authority: "$PWD/ca.crt"}}]
users: [{name: u, user: {client-certificate: "$PWD/$1.crt", client-key: "$PWD/$1.key"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
CONF
}

up() {
  local bin; bin=$(programs control_plane)
  mkdir -p "$1"; cd "$1"
  local etcd peer api; read -r etcd peer api < <(free_ports 3)
  certificates
  kubeconfig admin "https://127.0.0.1:$api"; kubeconfig controllers "https://127.0.0.1:$api"
  start etcd "$bin/server" --data-dir data --unsafe-no-fsync --listen-client-urls "http://127.0.0.1:$etcd" \
    --advertise-client-urls "http://127.0.0.1:$etcd" --listen-peer-urls "http://127.0.0.1:$peer" \
    --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "default=http://127.0.0.1:$peer"
  start api "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$etcd" --bind-address=127.0.0.1 --secure-port="$api" \
    --advertise-address=192.0.2.1 --endpoint-reconciler-type=none --cert-dir=certs \
    --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key --client-ca-file=ca.crt \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=accounts.key \
    --service-account-signing-key-file=accounts.key --service-cluster-ip-range=10.96.0.0/16 --authorization-mode=RBAC
  ln -sf "$bin/kubectl" kubectl
  wait_for 60 "the API server" ./kubectl --kubeconfig admin.conf get --raw /readyz
  start controllers "$bin/kube-controller-manager" --kubeconfig=controllers.conf --secure-port=0 --leader-elect=false \
    --service-account-private-key-file=accounts.key --root-ca-file=ca.crt --use-service-account-credentials
  wait_for 30 "the default service account" ./kubectl --kubeconfig admin.conf get serviceaccount default
}

down() {
  cd "$1" 2>/dev/null || return 0
  local pid
  for pid in *.pid; do [ -e "$pid" ] && kill -9 "$(cat "$pid")" 2>/dev/null; done
  return 0
}

case ${1:-} in
  build) programs control_plane ;;
  build-helm) programs helm ;;
  build-node) programs node ;;
  up) up "$2" ;;
  down) down "$2" ;;
  *) echo "usage: control_plane.sh build | build-helm | build-node | up STATE | down STATE" >&2; exit 2 ;;
esac
