#!/usr/bin/env bash
# A real Kubernetes of one node, with containers: etcd, API server, controller manager, scheduler, containerd, kubelet,
# kube-proxy, CoreDNS; up in about ten seconds. It lives in a network, mount and process namespace of its own, so nothing of the
# machine's is touched, and when its first process ends, the kernel takes all of it away.
#   [IMAGES=DIR] [OWNER=PID] up.sh STATE
#                                STATE: a new folder, not below /run or /var; IMAGES: image archives to load (*.tar, image/image.py);
#                                OWNER: a process whose end, even by SIGKILL, ends the cluster
#   STATE/kubectl ARG...         talks to it
#   STATE/inside COMMAND...      runs a command in its network
#   STATE/within COMMAND...      runs a command in all its namespaces: process numbers are the cluster's
#   STATE/restart NAME [SECONDS] kills etcd, api, controllers, scheduler, containerd, kubelet, proxy or dns, and starts it again with
#                                the same arguments, that much later. STATE/NAME.pid holds its number within
#   down.sh STATE                ends it
# Two images are always there: docker.io/local/pause:1 and docker.io/local/box:1, a busybox with a shell.
# Ends with 3 where this machine cannot do it, saying why. Needs root and $node_packages of test/packages.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
node_ip=10.88.0.1 api=https://10.88.0.1:6443

start() { # NAME COMMAND...: its log, process number and command beside it
  local name=$1; shift
  printf '%q ' "$@" >"$name.command"
  "$@" >>"$name.log" 2>&1 </dev/null &
  echo $! >"$name.pid"
}
# Called within the cluster. What it starts belongs to nobody here, and ends with the cluster like the others.
restart() { # STATE NAME [SECONDS]
  cd "$1"
  kill -9 "$(cat "$2.pid")"
  while [ -d "/proc/$(cat "$2.pid")" ]; do sleep .1; done
  sleep "${3:-0}"
  local command; eval "command=($(cat "$2.command"))"
  KUBECONFIG=$PWD/admin.conf start "$2" "${command[@]}"
}
wait_for() { # SECONDS WHAT COMMAND...
  local tries=$(($1 * 5)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || { echo "timed out waiting for $what" >&2; return 1; }
    sleep .2
  done
}

certificates() { # for longer than any clock in a test runs ahead
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=ca 2>/dev/null
  local name subject names
  while read -r name subject names; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "$subject" 2>/dev/null
    openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$name.crt" \
      -extfile <(echo "subjectAltName=${names:-DNS:$name}") 2>/dev/null
  done <<NAMES
apiserver /CN=kube-apiserver DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1,IP:$node_ip
apikubelet /O=system:masters/CN=apiserver-kubelet-client
admin /O=system:masters/CN=admin
controllers /CN=system:kube-controller-manager
scheduler /CN=system:kube-scheduler
proxy /CN=system:kube-proxy
dns /O=system:masters/CN=dns
node /O=system:nodes/CN=system:node:n1 DNS:n1,IP:$node_ip
NAMES
  openssl genrsa -out accounts.key 2048 2>/dev/null
}

kubeconfigs() {
  local name
  for name in admin controllers scheduler proxy dns node; do
    cat >"$name.conf" <<CONF
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "$api", certificate-authority: "$PWD/ca.crt"}}]
users: [{name: u, user: {client-certificate: "$PWD/$name.crt", client-key: "$PWD/$name.key"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
CONF
  done
}

settings() {
  # restrict_oom_score_adj: without CAP_SYS_RESOURCE runc may not lower the score, and no sandbox would start.
  cat >containerd.toml <<TOML
version = 2
root = "$PWD/containerd"
state = "$PWD/containerd-run"
[grpc]
  address = "$PWD/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/local/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$PWD/cni"
TOML
  mkdir -p cni
  cat >cni/10-pods.conflist <<JSON
{"cniVersion":"0.4.0","name":"pods","plugins":[{"type":"bridge","bridge":"pods0","isGateway":true,"hairpinMode":true,
 "ipam":{"type":"host-local","dataDir":"$PWD/ipam","ranges":[[{"subnet":"10.88.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}}]}
JSON
  cat >kubelet.yaml <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
localStorageCapacityIsolation: false
failSwapOn: false
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PWD/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PWD/node.crt
tlsPrivateKeyFile: $PWD/node.key
containerRuntimeEndpoint: unix://$PWD/containerd.sock
volumePluginDir: $PWD/plugins
clusterDNS: [$node_ip]
clusterDomain: cluster.local
resolvConf: ""
YAML
  cat >Corefile <<CORE
.:53 {
  bind $node_ip
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $PWD/dns.conf c
    ttl 1
  }
}
CORE
}

# The first process of the cluster's own process namespace; all others are its children and end with it.
inside() {
  local bin=$1
  cd "$2"
  trap 'echo "line $LINENO: $BASH_COMMAND" >failed' ERR
  # What the programs leave in fixed places stays in here.
  local folder
  for folder in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$folder"; done
  ip link set lo up
  ip link add pods0 type bridge; ip addr add $node_ip/24 dev pods0; ip link set pods0 up
  ip route add default via $node_ip 2>/dev/null || true
  export KUBECONFIG=$PWD/admin.conf

  start etcd "$bin/server" --data-dir data --unsafe-no-fsync
  start api "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --secure-port=6443 \
    --advertise-address=$node_ip --cert-dir=certs --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key \
    --client-ca-file=ca.crt --kubelet-client-certificate=apikubelet.crt --kubelet-client-key=apikubelet.key \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=accounts.key \
    --service-account-signing-key-file=accounts.key --service-cluster-ip-range=10.96.0.0/16 \
    --kubelet-preferred-address-types=InternalIP --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged
  start containerd containerd -c containerd.toml
  wait_for 60 "the API server" "$bin/kubectl" get --raw /readyz
  start controllers "$bin/kube-controller-manager" --kubeconfig=controllers.conf --service-account-private-key-file=accounts.key \
    --root-ca-file=ca.crt --use-service-account-credentials --leader-elect=false --secure-port=0
  start scheduler "$bin/kube-scheduler" --kubeconfig=scheduler.conf --leader-elect=false --secure-port=0
  wait_for 20 containerd ctr -a containerd.sock version
  local image
  for image in images/*.tar ${IMAGES:+"$IMAGES"/*.tar}; do
    [ ! -e "$image" ] || ctr -a containerd.sock -n k8s.io images import "$image" >>images.log 2>&1
  done
  start kubelet "$bin/kubelet" --config kubelet.yaml --kubeconfig node.conf --hostname-override n1 --root-dir "$PWD/kubelet" --node-ip $node_ip
  "$bin/kubectl" create clusterrolebinding kube-proxy --clusterrole=system:node-proxier --user=system:kube-proxy >/dev/null
  start proxy "$bin/kube-proxy" --kubeconfig=proxy.conf --proxy-mode=nftables --hostname-override n1 --conntrack-max-per-core=0
  start dns "$bin/coredns" -conf Corefile
  wait_for 60 "the node" "$bin/kubectl" wait --for=condition=Ready node/n1 --timeout=1s
  wait_for 30 "the default service account" "$bin/kubectl" get serviceaccount default
  touch ready
  trap - ERR
  set +e
  while :; do wait -n; sleep .1; done  # takes in whoever is orphaned in here
}

cannot() { echo "$1" >&2; exit 3; }

up() {
  [ "$(id -u)" -eq 0 ] || cannot "only root can run containers here"
  unshare --fork --pid --mount-proc --net --mount true 2>/dev/null || cannot "namespaces cannot be made on this machine"
  local program
  for program in containerd ctr runc ip nft openssl nsenter; do
    command -v "$program" >/dev/null || cannot "there is no $program on this machine"
  done
  local bin; bin=$("$here/../control_plane.sh" build-node) || exit 3
  mkdir -p "$1"; cd "$1"
  certificates; kubeconfigs; settings
  mkdir -p images box/bin
  cp "$(command -v busybox)" box/bin/busybox
  local applet
  for applet in $(./box/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "box/bin/$applet"; done
  local image=$here/../../../image/image.py
  "$image" box docker.io/local/pause:1 images/pause.tar -- /bin/sleep 2147483647 >/dev/null
  "$image" box docker.io/local/box:1 images/box.tar -- /bin/sh >/dev/null

  # Its children end with `unshare`, and with its first child all others. A session of its own: Ctrl-C is for who called us.
  setsid unshare --fork --kill-child --pid --mount-proc --net --mount "$here/up.sh" inside "$bin" "$PWD" >cluster.log 2>&1 </dev/null &
  local pid=$!
  echo $pid >cluster.pid
  [ -z "${OWNER:-}" ] || setsid bash -c 'while [ -d "/proc/$0" ] && [ -e cluster.pid ]; do sleep 1; done; exec "$1/down.sh" "$PWD"' \
    "$OWNER" "$here" >/dev/null 2>&1 </dev/null &
  printf '#!/bin/sh\nexec nsenter --target %s --net "$@"\n' $pid >inside
  printf '#!/bin/sh\nexec "%s/inside" env KUBECONFIG="%s/admin.conf" "%s/kubectl" "$@"\n' "$PWD" "$PWD" "$bin" >kubectl
  # Its first process, which is not there yet.
  local first="\$(cat /proc/$pid/task/$pid/children)"
  printf '#!/bin/sh\nexec nsenter --target %s --pid --net --mount --wd="%s" "$@"\n' "$first" "$PWD" >within
  printf '#!/bin/sh\nexec "%s/within" "%s/up.sh" restart "%s" "$@"\n' "$PWD" "$here" "$PWD" >restart
  chmod +x inside kubectl within restart
  trap '"$here/down.sh" "$PWD"; exit 130' INT TERM
  if ! wait_for 120 "the cluster" eval '[ -e ready ] || [ -e failed ] || [ ! -e /proc/$(cat cluster.pid) ]' || [ ! -e ready ]; then
    { cat cluster.log failed; tail -n 3 ./*.log; } 2>&1 >&2
    "$here/down.sh" "$PWD"
    exit 1
  fi
}

case ${1:-} in
  inside) inside "$2" "$3" ;;
  restart) restart "${@:2}" ;;
  "") echo "usage: [IMAGES=DIR] up.sh STATE" >&2; exit 2 ;;
  *) up "$1" ;;
esac
