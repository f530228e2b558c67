#!/usr/bin/env bash
# Faults, under a steady stream of calls, in a real cluster with containers: everything of ours killed, the API server and etcd away,
# the authority replaced while its keepers may not write, are killed, frozen, or two at once, clocks eight days ahead, a namespace
# that goes. Prints the lines that test.sh counts, and what was measured as lines that begin with "# ".
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
. "$here/on_node.sh"
. "$here/under_load.sh"
cluster_for "faults in a cluster with containers"

# Certificates live for little more than a minute, so that an authority can be replaced within two.
k kustomize "$manifests" | sed -E 's/^( *)- serve$/&\n\1- --serving-life=75/; s/^( *)- control$/&\n\1- --serving-life=75\n\1- --settle=5/' | k apply -f - >/dev/null
within 60 ready stateward-webhook && within 60 ready stateward-controller && within 20 leads || {
  own get pods; own logs -l app.kubernetes.io/name=stateward --tail=30; echo "not ok stateward gets ready"; exit 0; }
start_stream

# Every replica of the webhook is gone at once.
gone() { # WHAT COMMAND...
  local what=$1 from; shift
  from=$(time_now)
  "$@" >/dev/null 2>&1
  sleep 2
  run within 60 ready stateward-webhook
  check "$what: the webhook comes back" exits 0
  mended_again "$what"
  run report "$from"
  check "$what: no call fails" none_failed
  measured "$what: $out"
}
kill_webhooks() { signal -9 $(processes serve); }
gone "all replicas deleted by force" own delete pod -l app.kubernetes.io/component=webhook --force --grace-period=0
gone "all replicas killed" kill_webhooks

# etcd stands still for ten seconds.
calm() { own get pods -o jsonpath='{range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount} {.status.conditions[?(@.type=="Ready")].lastTransitionTime}{"\n"}{end}'; }
pods=$(calm) leader=$(holder) from=$(time_now)
signal -STOP "$(cat "$state/etcd.pid")"; sleep 10; signal -CONT "$(cat "$state/etcd.pid")"
resumed=$(time_now)
tool burst "$state" after-etcd 20
run within 60 all_governed after-etcd
check "after etcd stood still sets get their Services" exits 0
measured "etcd back: 20 sets have their Services after $(ago "$resumed"); the lease $([ "$(holder)" = "$leader" ] && echo stays || echo changes hands)"
run unchanged "$pods" "$(calm)"
check "and no Pod of ours has ended or become unready" exits 0
run report "$from"
check "and no call was lost" none_missed
measured "etcd stopped for 10 s: $out"

# The API server is killed, and started again three seconds later.
from=$(time_now)
"$state/restart" api 3
within 60 k get --raw /readyz
measured "the API server answers again after $(ago "$from")"
back=$(time_now)
k create namespace after-api >/dev/null
run k apply -n after-api -f "$here/manifests/ledger.yaml"
run k get -n after-api statefulset ledger -o jsonpath='{.spec.serviceName}'
check "a set made right after the API server's restart has its name" test "$out" = ledger-headless
run within 60 k get -n after-api service ledger-headless
check "and gets its Service" exits 0
service_after=$(ago "$back")
labelled() { [ "$(k get -n after-api pvc data-ledger-0 -o jsonpath='{.metadata.labels.stateward\.dev/ordinal}')" = 0 ]; }
run within 60 labelled
check "and its claim its labels" exits 0
measured "after the API server's restart: a Service in $service_after, a claim's labels in $(ago "$back")"
sleep 3
run unchanged "$pods" "$(calm)"
check "rule 40: all replicas stayed ready meanwhile" exits 0
run report "$back"
check "and all calls are answered again" none_missed
measured "the API server restarted: $(report "$from" 2>/dev/null)"

# The authority is replaced under load. At first nobody may write the bundles.
authority_serial() { certs status | sed -nE 's/^authority +serial ([0-9a-f]+),.*/\1/p'; }
phase() { certs status | sed -nE 's/^phase +([a-z]+).*/\1/p'; }
leaves() { # what the replicas show
  own get pods -l app.kubernetes.io/component=webhook -o jsonpath='{range .items[*]}{.status.podIP}{"\n"}{end}' | while read -r ip; do
    "$state/inside" openssl s_client -connect "$ip:9443" </dev/null 2>/dev/null | openssl x509 -noout -ext authorityKeyIdentifier
  done
}
old_serial=$(authority_serial) old_leaves=$(leaves) given_up_before=$(given_up) rotating=$(time_now)
run certs status
check "certs status says that all is well" both 'exits 0' 'says "in sync"'
tool handshakes "$state" "$work/handshakes" >"$work/handshakes.log" 2>&1 & handshakes=$!; background+=("$handshakes")
k get clusterrolebinding stateward-controller-bundle -o yaml | grep -v -e resourceVersion: -e uid: >"$work/binding.yaml"
k delete clusterrolebinding stateward-controller-bundle >/dev/null
sed "s/client-certificate: [^,]*, client-key: [^}]*/token: $(own create token stateward-controller)/" "$state/admin.conf" >"$work/controller.conf"
run certs rotate "$work/controller.conf"
check "certs rotate without the right to write bundles says so" both 'exits 2' 'complains forbidden'
sleep 12 # every replica reads the Secret every ten seconds
run phase
check "and the rotation waits for them" test "$out" = adding
run report "$rotating"
check "no replica shows what no bundle verifies yet" none_missed
k apply -f "$work/binding.yaml" >/dev/null 2>&1

# A replica whose clock leaps ahead by eight days answers along with the others; then its clock goes back.
faked="LD_PRELOAD=$(dpkg -L libfaketime | grep libfaketimeMT.so) FAKETIME_TIMESTAMP_FILE=$work/clock FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1"
from=$(time_now)
echo +0 >"$work/clock"
outside "$work/serve.log" $faked "$STATEWARD" serve --kubeconfig "$state/admin.conf" --serving-life 75 --listen 10.88.0.1:19443 --health-listen 10.88.0.1:18081
is_ready() { [ "$("$state/inside" curl -s -o "$work/null" -w '%{http_code}' http://10.88.0.1:18081/readyz)" = 200 ]; }
connect() { "$state/inside" openssl s_client -connect 10.88.0.1:19443 "$@" </dev/null 2>&1; }
ends_within() { ! connect | openssl x509 -noout -checkend "$1" >/dev/null; }  # SECONDS
trusted() {
  k get mutatingwebhookconfiguration stateward-mutating -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | base64 -d >"$work/bundle"
  connect -CAfile "$work/bundle" -verify_return_error -verify_hostname stateward-webhook.stateward-system.svc
}
run within 30 is_ready
check "a replica on the node gets ready" exits 0
k apply -f - >/dev/null <<'SLICE'
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: on-the-node, namespace: stateward-system, labels: {kubernetes.io/service-name: stateward-webhook}}
addressType: IPv4
endpoints: [{addresses: [10.88.0.1], conditions: {ready: true}}]
ports: [{name: https, port: 19443, protocol: TCP}]
SLICE
leapt=$(time_now)
echo +8d >"$work/clock"
run within 60 fails ends_within $((7 * 24 * 3600))
check "its clock leaps ahead by eight days: it makes itself a fresh certificate" exits 0
measured "a clock eight days ahead: a fresh certificate after $(ago "$leapt")"
run trusted
check "which API servers believe, whose clock is right" exits 0
run is_ready
check "and it stays ready" exits 0
sleep 5
leapt=$(time_now)
echo +0 >"$work/clock"
run within 60 ends_within 3600
check "its clock goes back: again one for a minute" exits 0
measured "the clock back: a fresh certificate after $(ago "$leapt")"
run trusted
check "which API servers believe too" exits 0
k delete endpointslice -n stateward-system on-the-node >/dev/null
run report "$from"
check "and meanwhile no call was missed" none_missed
signal -TERM "$(processes_outside serve)"

# A namespace goes, guarded and with everything in it; only foreign finalisers hold it.
k create namespace doomed >/dev/null; k label namespace doomed stateward.dev/guard=strict >/dev/null
k apply -n doomed -f "$here/manifests/ledger.yaml" >/dev/null 2>&1
within 20 k get -n doomed pvc data-ledger-0
for object in statefulset/ledger pvc/data-ledger-0; do k patch -n doomed "$object" --type=merge -p '{"metadata":{"finalizers":["example.com/hold"]}}' >/dev/null 2>&1; done
from=$(time_now)
k delete namespace doomed --wait=false >/dev/null
sleep 3
for object in statefulset/ledger pvc/data-ledger-0; do
  run k patch -n doomed "$object" --type=merge -p '{"metadata":{"finalizers":null}}'
  check "in a namespace that goes the finaliser of $object can be taken away" exits 0
done
run within 60 fails k get namespace doomed
check "and then the namespace is gone" exits 0
measured "a guarded namespace with a set, claims and finalisers (3 s held by them) is gone after $(ago "$from")"

# The leader is killed when half of the sets are made.
victim=$(holder) from=$(time_now)
tool burst "$state" killed 20 "$(process_of "${victim%_*}")" 9
had=$(services_of killed)
check "the leader is killed between sets and their Services" test "$had" -lt 20
run within 60 all_governed killed
check "every set gets its Service from another" exits 0
measured "the leader killed, $had of 20 sets had their Service: the rest after $(ago "$from")"
run led_by_another "$victim"
check "another holds the lease" exits 0

# A leader is frozen when half of the sets are made, and wakes up when another leads. It runs on the node: no kubelet minds it.
control=("$STATEWARD" control --kubeconfig "$state/admin.conf" --health-listen "" --serving-life 75 --settle 5)
last=$(holder)
own scale deployment stateward-controller --replicas=0 >/dev/null
outside "$work/outside.log" "${control[@]}"
run within 60 led_by_another "$last"
check "a controller on the node leads" exits 0
own scale deployment stateward-controller --replicas=2 >/dev/null
within 60 ready stateward-controller
frozen=$(processes_outside control) from=$(time_now)
tool burst "$state" frozen 20 "$frozen" 19
run within 60 all_governed frozen
check "the leader is frozen: another takes over" exits 0
measured "the leader frozen: 20 sets have their Services after $(ago "$from")"
written() { k get services,pvc -A -o jsonpath='{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}' | grep -v /stream-; }
done_to() { # BURST LOG...: what all controllers say that they did to its Services
  { cat "${@:2}"; for pod in $(own get pods -l app.kubernetes.io/component=controller -o name); do own logs "$pod"; done; } |
    grep -oE "(created|updated|let go of) Service default/$1-.*" | sort | uniq -c
}
once_each() { [ "$(grep -c ' 1 created' <<<"$out")" = 20 ] && [ "$(wc -l <<<"$out")" = 20 ]; }
seen=$(written)
signal -CONT "$frozen"
sleep 5
run done_to frozen "$work/outside.log"
check "it wakes up and does nothing twice" once_each
run unchanged "$seen" "$(written)"
check "no Service and no claim is written again" exits 0
run cat "$work/outside.log"
check "and it says that it does not lead any more" says "another one leads"

# Two that know nothing of each other, having two Leases, do the same work at once.
outside "$work/second.log" "${control[@]}" --namespace default --no-certificates
within 30 grep -q leading "$work/second.log"
tool burst "$state" twice 20
run within 60 all_governed twice
check "two leaders at once: every set gets its Service" exits 0
seen=$(written)
sleep 5
run unchanged "$seen" "$(written)"
check "and neither undoes what the other did" exits 0
run done_to twice "$work/second.log" "$work/outside.log"
check "each Service made by one of them" once_each
measured "two leaders at once: one made $(grep -c 'created Service default/twice-' "$work/second.log") of 20 Services, the other the rest"

# All controllers start anew: nothing is written.
seen=$(written) last=$(holder)
signal -TERM $(processes control) $(processes_outside control)
run within 60 led_by_another "$last"
check "all controllers are restarted: one leads again" exits 0
sleep 5
run unchanged "$seen" "$(written)"
check "and writes nothing" exits 0

# The end of the rotation.
rotated() { [ "$(phase)" = stable ] && [ "$(authority_serial)" != "$old_serial" ]; }
run within 180 rotated
check "the rotation ends with another authority" exits 0
measured "the authority replaced, with a life of 75 s, 5 s to settle, and 12 s without the right to: $(ago "$rotating")"
sleep 3
run report "$rotating"
check "and in all of its phases no call failed or was missed" none_missed
measured "the authority replaced, replicas and leaders coming and going: $out"
run given_up
check "nor did the API server give up on a call that was not the stream's" test "$out" = "$given_up_before"
touch "$work/handshakes/stop"; wait "$handshakes"; ended=$?
run python3 "$here/faults.py" report "$work/handshakes" 0
check "and at every moment each replica was believed" both none_failed '[ "$ended" -eq 0 ]'
measured "new connections meanwhile: $out"
run certs status
check "certs status says that all is well again" exits 0
run fails unchanged "$old_leaves" "$(leaves)"
check "all replicas show other certificates" exits 0

# A controller whose clock is ahead leads, and is killed.
secret=$(own get secret stateward-authority -o jsonpath='{.data}') last=$(holder)
own scale deployment stateward-controller --replicas=0 >/dev/null
echo +8d >"$work/clock"
outside "$work/ahead.log" $faked "${control[@]}"
run within 60 led_by_another "$last"
check "a controller eight days ahead leads" exits 0
tool burst "$state" ahead 20
run within 60 all_governed ahead
check "and does its work" exits 0
last=$(holder)
own scale deployment stateward-controller --replicas=2 >/dev/null
within 60 ready stateward-controller
from=$(time_now)
signal -9 "$(processes_outside control)"
run within 60 led_by_another "$last"
check "its lease, dated in the future, is taken over all the same" exits 0
measured "a killed leader eight days ahead: another leads after $(ago "$from")"
run unchanged "$secret" "$(own get secret stateward-authority -o jsonpath='{.data}')"
check "and nobody has touched the authority" exits 0
memory "after all that"
end_stream
measured "the whole stream: $(report 0 2>/dev/null)"
