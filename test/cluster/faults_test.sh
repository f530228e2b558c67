#!/usr/bin/env bash
# Faults, under a steady stream of calls, in a real cluster with containers: everything of ours killed, the API server and etcd
# away, the authority replaced, leaders killed and frozen, clocks ahead, versions changed, and what is left when we go. Prints the
# lines that test.sh counts, and what was measured as lines that begin with "# ".
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
. "$here/../packages.sh"
manifests=$here/../../manifests
cannot() { echo "skip faults in a cluster with containers: $1"; exit 0; }
[ "$(id -u)" -eq 0 ] || cannot "only root can run containers"
install_missing "$node_packages" >"$work/packages.log" 2>&1 || cannot "$(tail -1 "$work/packages.log")"

state=$work/cluster
stream=
finish() { touch "$work/stop"; "$here/node/down.sh" "$state"; kill -9 $(jobs -p) 2>/dev/null; wait; rm -rf "$work"; }
trap finish EXIT
trap 'exit 130' INT TERM
mkdir "$work/images"
"$here/../../image/make_image.sh" "$work/images/now.tar" "$STATEWARD" >/dev/null || { echo "not ok the image is made"; exit 0; }
"$here/../../image/make_image.sh" "$work/images/other.tar" "$STATEWARD" docker.io/library/stateward:0.0.9 >/dev/null
IMAGES=$work/images OWNER=$$ "$here/node/up.sh" "$state" >"$work/up.log" 2>&1
case $? in
  0) ;;
  3) cannot "$(tail -1 "$work/up.log")" ;;
  *) cat "$work/up.log"; echo "not ok the cluster comes up"; exit 0 ;;
esac

k() { "$state/kubectl" "$@"; }
own() { k -n stateward-system "$@"; }
tool() { "$state/inside" python3 "$here/faults.py" "$@"; }
within() { local tries=$(($1 * 5)); shift; for _ in $(seq "$tries"); do "$@" >/dev/null 2>&1 && return; sleep .2; done; "$@"; } # SECONDS COMMAND...
fails() { ! "$@"; }
time_now() { date +%s.%N; }
since() { python3 -c 'import sys; print(f"{float(sys.argv[2]) - float(sys.argv[1]):.1f} s")' "$1" "$(time_now)"; }
measured() { echo "# $1"; }
field() { k get "$1" -o jsonpath="$2"; }  # OBJECT JSONPATH
ready() { own rollout status "deployment/$1" --timeout=1s; }
named() { [ "$(k create --dry-run=server -o jsonpath='{.spec.serviceName}' -f "$here/manifests/ledger.yaml")" = ledger-headless ]; }
report() { python3 "$here/faults.py" report "$work" "$@"; }       # FROM [TO]
processes() { "$state/within" pgrep -f "^/stateward $1"; }        # serve|control: their numbers within
process_of() { "$state/within" sh -c 'for p in $(pgrep -x stateward); do grep -qxz "HOSTNAME=$1" /proc/$p/environ && echo $p; done' - "$1"; } # POD
signal() { "$state/within" kill "$@"; }
memory() {
  measured "resident memory $1: $("$state/within" sh -c 'for p in $(pgrep -x stateward); do
    echo "$(tr "\0" " " </proc/$p/cmdline | cut -d" " -f2) $(($(sed -nE "s/VmRSS:[^0-9]*([0-9]+).*/\1/p" /proc/$p/status) / 1024)) MiB"; done' | sort | paste -sd, | sed 's/,/, /g')"
}
holder() { own get lease stateward-controller -o jsonpath='{.spec.holderIdentity}'; }
led_by_another() { local holder; holder=$(holder) && [ -n "$holder" ] && [ "$holder" != "$1" ]; } # THAN
services_of() { k get services -l stateward.dev/governs -o name | grep -c "/$1-[0-9]*-headless"; }  # BURST
all_governed() { [ "$(services_of "$1")" = 20 ]; }
written() { k get services,pvc -A -o jsonpath='{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}' | grep -v /stream-; }
revisions() { k get controllerrevisions -n users -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}'; }
unchanged() { [ "$1" = "$2" ] || { diff <(echo "$1") <(echo "$2"); return 1; }; }
library=$(dpkg -L libfaketime | grep libfaketimeMT.so)
faked() { echo "LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$work/clock FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1"; }
none_failed() { says ' calls, 0 failed,'; }
none_missed() { says ' calls, 0 failed, 0 unnamed,'; }

# What users have before we come: a set with members and claims that names a Service which is not there, and one that names none.
k create namespace users >/dev/null
k apply -f "$here/manifests/volumes.yaml" >/dev/null
sed 's/journal/books/; s/^spec:/&\n  serviceName: books/' "$here/manifests/journal.yaml" | k apply -n users -f - >/dev/null
sed 's/replicas: 2/replicas: 0/' "$here/manifests/ledger.yaml" | k apply -n users -f - >/dev/null
run k rollout status -n users statefulset/books --timeout=60s
check "users have a set with members and claims" exits 0
run tool objects "$state" "$work/before"
check "all objects are written down" exits 0
before=$(revisions)

# From nothing to the first admission, with the manifests as they are.
from=$(time_now)
run k apply -k "$manifests"
check "apply -k is accepted" exits 0
run within 60 named
check "a set is admitted" exits 0
measured "from apply -k to the first admission: $(since "$from")"
within 60 ready stateward-webhook; within 60 ready stateward-controller
run tool compare "$state" 200
check "the price of a call is measured" exits 0
measured "$out"
memory "at first"
"$state/inside" python3 "$here/faults.py" run "$state" "$work" >"$work/stream.log" 2>&1 & stream=$!
sleep 2

# Every replica of the webhook is gone at once.
gone() { # WHAT COMMAND...
  local what=$1 from; shift
  from=$(time_now)
  "$@" >/dev/null 2>&1
  sleep 2
  run within 60 ready stateward-webhook
  check "$what: the webhook comes back" exits 0
  sleep 4
  run report "$from"
  check "$what: no call fails" none_failed
  run report "$(($(date +%s) - 3))"
  check "$what: and all have their names again" none_missed
  measured "$what: $(report "$from")"
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
run within 30 all_governed after-etcd
check "after etcd stood still sets get their Services" exits 0
measured "etcd back: 20 sets have their Services after $(since "$resumed"); the lease $([ "$(holder)" = "$leader" ] && echo stays || echo changes hands)"
run unchanged "$pods" "$(calm)"
check "and no Pod of ours has ended or become unready" exits 0
run report "$from"
check "and no call was lost" none_missed
measured "etcd stopped for 10 s: $out"

# The API server is killed, and started again three seconds later.
from=$(time_now)
"$state/restart" api 3
within 60 k get --raw /readyz
measured "the API server answers again after $(since "$from")"
back=$(time_now)
k create namespace after-api >/dev/null
run k apply -n after-api -f "$here/manifests/ledger.yaml"
run k get -n after-api statefulset ledger -o jsonpath='{.spec.serviceName}'
check "a set made right after the API server's restart has its name" test "$out" = ledger-headless
run within 40 k get -n after-api service ledger-headless
check "and gets its Service" exits 0
service_after=$(since "$back")
labelled() { [ "$(k get -n after-api pvc data-ledger-0 -o jsonpath='{.metadata.labels.stateward\.dev/ordinal}')" = 0 ]; }
run within 40 labelled
check "and its claim its labels" exits 0
measured "after the API server's restart: a Service in $service_after, a claim's labels in $(since "$back")"
sleep 3
run unchanged "$pods" "$(calm)"
check "all replicas stayed ready meanwhile" exits 0
run report "$back"
check "and all calls are answered again" none_missed
measured "the API server restarted: $(report "$from")"

# Another version, which also waits less in a rotation: rolled out under load.
other_version() {
  k kustomize "$manifests" | sed -E 's/stateward:0\.1\.0/stateward:0.0.9/; s/^( *)- serve$/&\n\1- --serving-life=60/; s/^( *)- control$/&\n\1- --serving-life=60\n\1- --settle=5/' | k apply -f -
}
two_webhooks() { [ "$(own get pods -l app.kubernetes.io/component=webhook -o name | wc -l)" = 2 ]; }
rolled_out() { # WHAT COMMAND...
  local what=$1 from; shift
  from=$(time_now)
  run "$@"
  check "$what is applied" exits 0
  run own rollout status deployment/stateward-webhook --timeout=120s
  check "$what: the webhook is rolled out" exits 0
  run own rollout status deployment/stateward-controller --timeout=120s
  check "$what: the controller is" exits 0
  measured "$what: rolled out after $(since "$from")"
}
drained() { # WHAT FROM: the old replicas take leave while we go on
  run within 60 two_webhooks
  check "$1: the old replicas end" exits 0
  run report "$2"
  check "$1: and meanwhile no call failed or was missed" none_missed
  measured "$1: $out"
  run unchanged "$before" "$(revisions)"
  check "$1: no revision of users' sets is made" exits 0
}
rolling=$(time_now)
rolled_out "another version" other_version

# A namespace goes, guarded and with everything in it; only foreign finalisers hold it.
doomed() {
  k create namespace doomed >/dev/null; k label namespace doomed stateward.dev/guard=strict >/dev/null
  k apply -n doomed -f "$here/manifests/ledger.yaml" >/dev/null
  within 20 k get -n doomed pvc data-ledger-0
  for object in statefulset/ledger pvc/data-ledger-0; do k patch -n doomed "$object" --type=merge -p '{"metadata":{"finalizers":["example.com/hold"]}}' >/dev/null; done
  from=$(time_now)
  k delete namespace doomed --wait=false >/dev/null
  sleep 3
  for object in statefulset/ledger pvc/data-ledger-0; do
    run k patch -n doomed "$object" --type=merge -p '{"metadata":{"finalizers":null}}'
    check "in a namespace that goes the finaliser of $object can be taken away" exits 0
  done
  run within 40 fails k get namespace doomed
  check "and then the namespace is gone" exits 0
  measured "a namespace with a set, claims and finalisers (3 s held by them) is gone after $(since "$from")"
}

# The clock of one process leaps ahead by eight days, and back.
clocks() {
  echo +0 >"$work/clock"
  "$state/inside" env $(faked) "$STATEWARD" serve --kubeconfig "$state/admin.conf" --listen 10.88.0.1:19443 --health-listen 10.88.0.1:18081 >"$work/serve.log" 2>&1 & leaping=$!
  is_ready() { [ "$("$state/inside" curl -s -o "$work/null" -w '%{http_code}' http://10.88.0.1:18081/readyz)" = 200 ]; }
  shown() { "$state/inside" openssl s_client -connect 10.88.0.1:19443 </dev/null 2>/dev/null | openssl x509 -noout "$@"; }
  run within 20 is_ready
  check "a replica outside of the cluster gets ready" exits 0
  leaf=$(shown -serial)
  echo +8d >"$work/clock"; from=$(time_now)
  outlives() { shown -checkend $((14 * 24 * 3600)) >/dev/null; }
  run within 60 outlives
  check "its clock leaps ahead by eight days: it makes itself a fresh certificate" exits 0
  measured "a clock eight days ahead: a fresh certificate after $(since "$from")"
  run is_ready
  check "and is ready" exits 0
  echo +0 >"$work/clock"; from=$(time_now)
  valid_now() { shown -startdate -enddate | python3 -c 'import sys,datetime as d; a,b=[d.datetime.strptime(l.split("=",1)[1].strip(),"%b %d %H:%M:%S %Y %Z") for l in sys.stdin]; sys.exit(not a<=d.datetime.now(d.timezone.utc).replace(tzinfo=None)<=b)'; }
  run within 60 valid_now
  check "its clock goes back: again one that holds now" exits 0
  measured "the clock back: a fresh certificate after $(since "$from")"
  kill -INT "$leaping"; wait "$leaping"
}

# Runs beside what follows, with files of its own.
beside() { ( work=$work/$1; mkdir -p "$work"; "$1" >"$work.log" 2>&1 ) & }

# The authority is replaced under load, while controllers come and go.
certs() { "$state/inside" "$STATEWARD" certs "$1" --kubeconfig "$state/admin.conf"; }
serials() { # of what the replicas show
  own get pods -l app.kubernetes.io/component=webhook -o jsonpath='{range .items[*]}{.status.podIP}{"\n"}{end}' | while read -r ip; do
    "$state/inside" openssl s_client -connect "$ip:9443" -servername stateward-webhook.stateward-system.svc </dev/null 2>/dev/null | openssl x509 -noout -serial -issuer -ext authorityKeyIdentifier
  done
}
authority_serial() { certs status | sed -nE 's/^authority +serial ([0-9a-f]+),.*/\1/p'; }
old_serial=$(authority_serial) old_leaves=$(serials) rotating=$(time_now)
run certs status
check "certs status says that all is well" both 'exits 0' 'says "in sync"'
run certs rotate
check "certs rotate begins" exits 0
beside doomed; namespace_part=$!
beside clocks; clock_part=$!

# Meanwhile the leader is killed between sets and their Services.
victim=$(holder) victim_process=$(process_of "${victim%_*}") from=$(time_now)
tool burst "$state" killed 20 & making=$!
sleep .2
signal -9 "$victim_process"
wait "$making"
had=$(services_of killed)
run within 40 all_governed killed
check "the leader is killed: every set gets its Service from another" exits 0
measured "the leader killed, $had of 20 sets had their Service: the rest after $(since "$from")"
run led_by_another "$victim"
check "another holds the lease" exits 0

# A frozen leader wakes up when another leads; four run at once.
own scale deployment stateward-controller --replicas=3 >/dev/null
local_controller() { "$state/inside" env "$@" "$STATEWARD" control --kubeconfig "$state/admin.conf" --health-listen "" --serving-life 60 --settle 5 >>"$work/local.log" 2>&1 & local_controller=$!; }
local_controller HOME="$work"
own rollout status deployment/stateward-controller --timeout=60s >/dev/null
frozen=$(holder) frozen_process=$(process_of "${frozen%_*}") from=$(time_now)
signal -STOP "$frozen_process"
tool burst "$state" frozen 20
run within 40 all_governed frozen
check "the leader is frozen: another takes over" exits 0
measured "the leader frozen: 20 sets have their Services after $(since "$from")"
makers() { { cat "$work/local.log"; for pod in $(own get pods -l app.kubernetes.io/component=controller -o name); do own logs "$pod"; done; } | grep -oE "(created|updated|let go of) Service default/$1-[0-9]+" | sort | uniq -c; }
seen=$(written)
signal -CONT "$frozen_process"
sleep 5
run makers frozen
check "it wakes up and does nothing twice" test "$(grep -c ' 1 created' <<<"$out")" = 20 -a "$(wc -l <<<"$out")" = 20
run unchanged "$seen" "$(written)"
check "no Service and no claim is written again" exits 0
run own logs "${frozen%_*}"
check "and it says that it does not lead any more" says "another one leads"

# All controllers start anew: nothing is written.
seen=$(written) last=$(holder)
signal $(processes control); kill "$local_controller"; wait "$local_controller"
run within 60 led_by_another "$last"
check "all controllers are restarted: one leads again" exits 0
sleep 5
run unchanged "$seen" "$(written)"
check "and writes nothing" exits 0
own scale deployment stateward-controller --replicas=2 >/dev/null

wait "$namespace_part" "$clock_part"; cat "$work/doomed.log" "$work/clocks.log"

# The end of the rotation.
rotated() { certs status | grep -q '^phase *stable' && [ "$(authority_serial)" != "$old_serial" ]; }
run within 120 rotated
check "the rotation ends with another authority" exits 0
measured "the authority replaced, with a life of 60 s and 5 s to settle: $(since "$rotating")"
sleep 3
run report "$rotating"
check "and in all of its phases no call failed or was missed" none_missed
measured "the authority replaced, the leader killed and frozen: $out"
drained "another version" "$rolling"
run certs status
check "certs status says that all is well again" exits 0
run fails unchanged "$old_leaves" "$(serials)"
check "all replicas show other certificates" exits 0

rolling=$(time_now)
rolled_out "the present version" k apply -k "$manifests"

# A controller whose clock is ahead leads, and is killed.
own scale deployment stateward-controller --replicas=0 >/dev/null
within 40 fails own get pods -l app.kubernetes.io/component=controller -o jsonpath='{.items[0].metadata.name}'
secret=$(own get secret stateward-authority -o jsonpath='{.data}') last=$(holder)
echo +8d >"$work/clock"
local_controller $(faked)
run within 30 led_by_another "$last"
tool burst "$state" ahead 20
run within 20 all_governed ahead
check "a controller eight days ahead does its work" exits 0
last=$(holder)
own scale deployment stateward-controller --replicas=2 >/dev/null
within 30 ready stateward-controller
from=$(time_now)
kill -9 "$local_controller"
run within 40 led_by_another "$last"
check "its lease, dated in the future, is taken over all the same" exits 0
run unchanged "$secret" "$(own get secret stateward-authority -o jsonpath='{.data}')"
check "and nobody has touched the authority" exits 0
drained "the present version" "$rolling"
measured "a killed leader eight days ahead: another leads after $(since "$from")"
memory "after all that"

# Our namespace is deleted; one line brings everything back.
from=$(time_now)
run k delete namespace stateward-system --timeout=120s
check "our namespace can be deleted" exits 0
run k create -f - <<<"$(sed 's/name: ledger}/name: alone}/; s/replicas: 2/replicas: 0/' "$here/manifests/ledger.yaml")"
run k apply -n users --dry-run=server -f "$here/manifests/ledger.yaml"
check "without it sets can be made and changed" exits 0
run report "$from"
check "and no call fails" none_failed
again=$(time_now)
run k apply -k "$manifests"
check "it is applied again" exits 0
run within 60 named
check "and works again" exits 0
measured "our namespace deleted, and applied again: the first admission after $(since "$again")"
within 60 ready stateward-webhook; within 60 ready stateward-controller
run certs status
check "with a new authority" exits 0

# Gone for good: the cluster is as it was, but for what the README says stays.
touch "$work/stop"; wait "$stream"; stream=
run report 0
measured "the whole stream: $out"
k delete statefulset -n default --all >/dev/null
k delete namespace after-api >/dev/null
run k delete -k "$manifests" --timeout=120s
check "delete -k takes all of it" exits 0
services_gone() { ! k get services -n default -o name | grep -q headless; }
run within 60 services_gone
check "Services go with their sets" exits 0
as_it_was() {
  tool objects "$state" "$work/after"
  python3 "$here/faults.py" changes "$work/before" "$work/after" >"$work/changes"
  ! grep -vE '^added (Service|Endpoints) users/books$|^added EndpointSlice users/books-[a-z0-9]+$|^changed PersistentVolumeClaim users/data-books-[01] /metadata/labels(/stateward\.dev/.*)?$' "$work/changes"
}
run within 30 as_it_was
check "and the cluster is as it was before, but for a Service and labels of claims" exits 0
sed 's/^/# stays: /' "$work/changes"
run k get pods -n users -o jsonpath='{.items[*].status.containerStatuses[0].restartCount}'
check "users' members ran on all the while" test "$out" = "0 0"
measured "all of it took $SECONDS s"
