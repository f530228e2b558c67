#!/usr/bin/env bash
# A real Kubernetes control plane on loopback, without nodes: etcd, API server and controller manager on free ports, up in
# a few seconds. Needs no root and no container engine; Go builds the programs once, into a cache that clones share.
#   control_plane.sh build         prints the folder of programs, building them where it has to; 3 where Go is missing
#   control_plane.sh up STATE      starts; STATE is a new folder and then holds admin.conf
#   control_plane.sh down STATE    ends what `up` started there
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

programs() {
  command -v go >/dev/null || { echo "there is no Go on this machine" >&2; exit 3; }
  local version; version=$(GOTOOLCHAIN=local go env GOVERSION)
  [ "$(printf '%s\n' go1.26 "$version" | sort -V | head -1)" = go1.26 ] || { echo "$version is older than 1.26" >&2; exit 3; }
  local key; key=$(cat "$here/go.mod" "$here/go.sum" <(echo "$version") | sha256sum | cut -c1-16)
  local bin=${XDG_CACHE_HOME:-$HOME/.cache}/stateward/control-plane-$key
  if [ ! -e "$bin/complete" ]; then
    echo "Building etcd, kube-apiserver, kube-controller-manager and kubectl (some minutes the first time)..." >&2
    mkdir -p "$bin"
    (cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o "$bin/" go.etcd.io/etcd/server/v3 \
      k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager k8s.io/kubernetes/cmd/kubectl) >&2
    touch "$bin/complete"
  fi
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
  local bin; bin=$(programs)
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
  build) programs ;;
  up) up "$2" ;;
  down) down "$2" ;;
  *) echo "usage: control_plane.sh build | up STATE | down STATE" >&2; exit 2 ;;
esac
