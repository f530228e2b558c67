#!/usr/bin/env bash
# The installation as a user makes it, in a real cluster with containers: the image, `kubectl apply -k manifests`, a set that comes
# up with a name, what happens while we are away, and away for good. Prints the lines that test.sh counts.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
. "$here/on_node.sh"
cluster_for "the installation in a cluster with containers"
from_pod() { k exec journal-0 -- "$@"; }

# One command.
run k apply -k "$manifests"
check "apply -k is accepted" exits 0
placed() { [ "$(own get pods -o jsonpath='{range .items[?(@.spec.nodeName=="n1")]}{.metadata.name}{"\n"}{end}' | wc -l)" = 4 ]; }
run within 30 placed
check "all replicas are placed, on one node too" exits 0
run within 60 ready stateward-webhook
check "the webhook gets ready" exits 0
run within 60 ready stateward-controller
check "the controller gets ready" exits 0
[ "$code" -eq 0 ] || { own get pods; own describe pods | tail -30; own logs -l app.kubernetes.io/name=stateward --tail=30; }
bundles() { [ "$(k get mutatingwebhookconfiguration,validatingwebhookconfiguration -l app.kubernetes.io/name=stateward \
  -o jsonpath='{range .items[*].webhooks[*]}{.clientConfig.caBundle}{"\n"}{end}' | grep -c ^LS0t)" = 4 ]; }
run within 30 bundles
check "all four entries get their bundle" exits 0
run own get lease stateward-controller -o jsonpath='{.spec.holderIdentity}'
check "one controller leads" test -n "$out"
run own exec deployment/stateward-webhook -- /bin/sh -c true
check "there is no shell in the image" fails exits 0
run own get pods -o jsonpath='{.items[*].status.containerStatuses[0].restartCount}'
check "nothing had to be started twice" test "$out" = "0 0 0 0"
run within 20 leads   # the API server learns of configurations and routes a moment later
check "the API server reaches the webhook through its Service" exits 0
run "$state/inside" "$STATEWARD" doctor --kubeconfig "$state/admin.conf"
check "the doctor finds nothing wrong" both 'exits 0' 'says ", 0 warnings, 0 failed"'
run "$state/inside" "$STATEWARD" audit --kubeconfig "$state/admin.conf"
check "an audit has nothing to say of our own installation" both 'exits 0' 'says ": 0 denied, 0 warnings, 0 audited"'

# A set without serviceName comes up, with a name.
k apply -f "$here/manifests/volumes.yaml" >/dev/null
run k apply -f "$here/manifests/journal.yaml"
check "a set without serviceName is created" exits 0
run equals statefulset/journal '{.spec.serviceName}' journal-headless
check "it is stored with <set>-headless" exits 0
run within 20 equals service/journal-headless '{.spec.clusterIP} {.metadata.labels.app\.kubernetes\.io/managed-by} {.metadata.labels.stateward\.dev/governs}' \
  "None stateward journal"
check "its governing Service is made" exits 0
run k rollout status statefulset/journal --timeout=60s
check "its members get ready" exits 0
within 20 from_pod wget -qO- http://journal-1.journal-headless.default.svc.cluster.local:8080/name
run from_pod wget -qO- http://journal-1.journal-headless.default.svc.cluster.local:8080/name
check "one member finds the other by its name" both 'exits 0' 'says journal-1'
run equals service/journal-headless '{.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name}' "StatefulSet journal"
check "the Service goes with the set" exits 0
run within 30 equals pvc/data-journal-1 '{.metadata.labels.stateward\.dev/statefulset} {.metadata.labels.stateward\.dev/ordinal}' "journal 1"
check "claims are labelled with whose they are" exits 0

# Denied, warned, guarded.
sed 's/name: shared}/name: fresh}/' "$here/manifests/shared.yaml" >"$work/fresh.yaml"
run k apply -f "$work/fresh.yaml"
check "a claim shared across replicas is denied" both 'exits 1' 'complains shared-claim'
k create namespace relaxed >/dev/null; k label namespace relaxed stateward.dev/enforcement=warn >/dev/null
within 20 k apply -n relaxed --dry-run=server -f "$work/fresh.yaml"
run k apply -n relaxed -f "$work/fresh.yaml"
check "where denials are warnings it is a warning" both 'exits 0' 'complains shared-claim'

# Replicas come and go under load, and nobody notices: until the last old one has drained. A machine that stands still for a second or more, as
# virtual ones do, lets calls time out that nobody lost; what was seen then says nothing.
noted() { { date +%T.%N; echo "${@:2}"; own get pods; own get events --field-selector type=Warning; } >>"$work/$1" 2>&1; }
: >"$work/unanswered"; : >"$work/unready"; : >"$work/still"
( while [ ! -e "$work/enough" ]; do before=$(date +%s%N); sleep .1; [ $(($(date +%s%N) - before)) -lt 1100000000 ] || date +%T >>"$work/still"; done ) & ticks=$!
( while [ ! -e "$work/enough" ]; do
    said=$(k create --dry-run=server -f "$here/manifests/ledger.yaml" -o jsonpath='{.spec.serviceName}' 2>&1)
    grep -qx ledger-headless <<<"$said" || noted unanswered "$said"
    ready=$(own get deployment stateward-webhook -o jsonpath='{.status.readyReplicas}' 2>/dev/null) || continue
    [ "${ready:-0}" -ge 2 ] || noted unready "$ready"
  done; : >"$work/ended" ) & load=$!
two_webhooks() { [ "$(own get pods -l app.kubernetes.io/component=webhook -o name | wc -l)" = 2 ]; }
run own rollout restart deployment/stateward-webhook
run own rollout status deployment/stateward-webhook --timeout=240s
check "the webhook can be rolled out anew" exits 0
run within 90 two_webhooks
check "the old replicas end" exits 0
touch "$work/enough"; wait "$load" "$ticks"
if [ -s "$work/still" ]; then
  echo "skip what a rollout under load costs: the machine stood still $(wc -l <"$work/still") times"
else
  run cat "$work/unanswered"
  check "and meanwhile no request went unanswered" test -z "$out" -a -e "$work/ended"
  run cat "$work/unready"
  check "and two were always ready" test -z "$out"
fi
run own delete pod -l app.kubernetes.io/component=controller --wait=false
run within 60 ready stateward-controller
check "another controller takes over" exits 0
k delete -f "$here/manifests/journal.yaml" --wait=true >/dev/null
within 20 fails k get service journal-headless
k apply -f "$here/manifests/journal.yaml" >/dev/null
run within 40 k get service journal-headless
check "and goes on making Services" exits 0

# All of them gone: they come back by themselves, and what we guard is all that waits.
run own delete pods --all --force --grace-period=0
run within 90 ready stateward-webhook
check "all replicas are lost and return, with the configurations in place" exits 0
own scale deployment stateward-webhook --replicas=0 >/dev/null
within 30 fails own get pods -l app.kubernetes.io/component=webhook -o jsonpath='{.items[0].metadata.name}'
since=$SECONDS
run k apply -f "$here/manifests/ledger.yaml"
check "without a webhook a set is created all the same" both 'exits 0' 'took 7'
k create namespace guarded >/dev/null; k label namespace guarded stateward.dev/guard=strict >/dev/null
run within 20 fails k apply -n guarded --dry-run=server -f "$here/manifests/ledger.yaml"
run k apply -n guarded -f "$here/manifests/ledger.yaml"
check "but not in a guarded namespace" both 'exits 1' 'complains guard.stateward.dev'
run k delete validatingwebhookconfiguration stateward-validating
run within 20 k apply -n guarded -f "$here/manifests/ledger.yaml"
check "the one-line way out works with everything down" exits 0
sleep 5
run k get validatingwebhookconfiguration stateward-validating
check "and a deleted configuration stays deleted" exits 1
run k apply -k "$manifests"
check "until it is applied again" exits 0
run within 90 ready stateward-webhook
run within 30 bundles
check "and gets its bundle again" exits 0

# Away for good: users' objects stay and can be changed.
run k delete -k "$manifests" --timeout=120s
check "delete -k takes all of it" exits 0
run equals statefulset/journal '{.spec.serviceName} {.metadata.finalizers}' "journal-headless "
check "sets stay as they are" exits 0
run k get service journal-headless
check "so do their Services" exits 0
run k scale statefulset journal --replicas=1
check "and can be changed" exits 0

"$here/node/down.sh" "$state"
run bash -c 'grep -F "$1" /proc/mounts; pgrep -f "$1/"; find /sys/fs/cgroup -path "*/k8s.io/*" 2>/dev/null' - "$state"
check "the cluster is gone without a trace" test -z "$out"
