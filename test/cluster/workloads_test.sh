#!/usr/bin/env bash
# What stateward, installed from its own manifests and image, does for workloads that run: the must-haves, and (seeds.sh) five clusters as
# people reported them, deployed as they say and seen as they show. Prints the lines that test.sh counts.
#   workloads_test.sh [PART...]     only these, by name; all run side by side
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
. "$here/on_node.sh"
. "$here/seeds.sh"
[ $# -gt 0 ] || set -- members peers data_loss shared_claims hurry given_names followed_ports takeovers revisions opted_out inject_on_update seed_{0..4}

make_seed_images
cluster_for "what stateward does for workloads that run"
k apply -k "$manifests" >/dev/null
k apply -f "$here/manifests/standard.yaml" >/dev/null
"$here/provision.sh" "$state/kubectl" >"$work/provision.log" 2>&1 & background+=($!)
within 60 ready stateward-webhook && within 60 ready stateward-controller && within 20 leads || {
  own get pods; own logs -l app.kubernetes.io/name=stateward --tail=30; echo "not ok stateward gets ready"; exit 0; }
helm=$("$here/control_plane.sh" build-node 2>/dev/null)/helm

# Sets of none or few replicas, of which only what the API server holds matters: set_of NAME [SPEC-FIELDS] [POD-FIELDS] [CONTAINER-FIELDS] [REPLICAS].
http='"ports":[{"name":"http","containerPort":8080}],'
set_of() {
  cat <<JSON
{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"$1"},"spec":{"replicas":${5:-0},${2:-}"selector":{"matchLabels":{"app":"$1"}},
 "template":{"metadata":{"labels":{"app":"$1"}},"spec":{"terminationGracePeriodSeconds":1,${3:-}"containers":[{"name":"app","image":"docker.io/local/box:1",
 "imagePullPolicy":"Never","command":["httpd","-f","-p","8080"],${4:-$http}"resources":{}}]}}}}
JSON
}
apply_set() { set_of "$@" | k apply -f -; }
claim_of() { # NAME MODE
  echo "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"$1\"},
    \"spec\":{\"accessModes\":[\"$2\"],\"resources\":{\"requests\":{\"storage\":\"10Mi\"}}}}"
}
mounting() { echo "\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"$1\"}}],"; }
mounted=$http'"volumeMounts":[{"name":"v","mountPath":"/v"}],'
labels='{.metadata.labels.stateward\.dev/statefulset} {.metadata.labels.stateward\.dev/claim-template} {.metadata.labels.stateward\.dev/ordinal} {.metadata.labels.stateward\.dev/retention}'
warns() { complains "Warning: [$1]"; }
silent() { [ "$code" -eq 0 ] && [ -z "$err" ]; }
denied() { [ "$code" -eq 1 ] && complains "denied the request: [$1]"; }

# A set without serviceName, from its creation to another one in its place.
members() {
  k apply -f "$here/manifests/journal.yaml" >"$work/applied" 2>&1
  run cat "$work/applied"
  check "a set without serviceName is created, and nothing said: all is mended" test "$out" = "statefulset.apps/journal created"
  run k rollout status statefulset/journal --timeout=120s
  check "it comes up" exits 0
  run equals statefulset/journal '{.spec.serviceName} {.spec.template.spec.containers[0].readinessProbe.tcpSocket.port} {.status.readyReplicas}' "journal-headless http 2"
  check "with a name and a readiness probe that goes ready" exits 0
  local ordinal
  for ordinal in 0 1; do
    asks() { k exec "journal-$((1 - ordinal))" -- wget -qO- "http://journal-$ordinal.journal-headless.default.svc:8080/name"; }
    within 20 asks; run asks
    check "journal-$ordinal is found by the other as <pod>.<set>-headless.<namespace>.svc" both 'exits 0' "says journal-$ordinal"
    run equals "pvc/data-journal-$ordinal" "$labels" "journal data $ordinal retain"
    check "claim $ordinal says whose it is" exits 0
  done

  run k get service journal-headless --show-managed-fields -o jsonpath='{.metadata.managedFields[*].manager}'
  check "its Service was made by us" says stateward

  run k scale statefulset journal --replicas=1
  check "scaling down is nobody's business where claims are kept" silent
  within 60 fails k get pod journal-1
  run equals pvc/data-journal-1 "$labels {.status.phase} {.metadata.deletionTimestamp}" "journal data 1 retain Bound "
  check "and the claim outlives its Pod" exits 0
  run k delete pvc data-journal-0 --wait=false
  check "the deletion of a claim in use is denied" denied protected-claim-deletion
  run k delete pvc data-journal-1 --wait=false
  check "of one that no member uses it is not" silent
  run k label pvc data-journal-0 stateward.dev/ordinal-
  check "who takes a label off a claim is warned" both 'exits 0' 'warns retention-label-removed'
  run within 5 equals pvc/data-journal-0 "$labels" "journal data 0 retain"
  check "and it comes back within seconds" exits 0

  # The remedy that our own messages name: nothing that happens on this way is worth a warning.
  run k delete statefulset journal --cascade=orphan
  check "a set is deleted without its Pods" silent
  sleep 1
  run k get service journal-headless
  check "its Service stays" exits 0
  run k apply -f "$here/manifests/journal.yaml"
  check "and made again it takes back what was its own, without a word" both silent 'says "statefulset.apps/journal created"'
  run k rollout status statefulset/journal --timeout=120s
  check "and comes up" exits 0
  run within 20 equals service/journal-headless '{.metadata.ownerReferences[0].uid}' "$(k get statefulset journal -o jsonpath='{.metadata.uid}')"
  check "with its Service" exits 0
}

# Members that get ready only when each has found all: their Service must tell of those that are not ready yet.
peers() {
  local found='nslookup peers-0.peers-headless.default.svc.cluster.local && nslookup peers-1.peers-headless.default.svc.cluster.local'
  apply_set peers '"podManagementPolicy":"Parallel",' '' "$http\"readinessProbe\":{\"exec\":{\"command\":[\"sh\",\"-c\",\"$found\"]},\"timeoutSeconds\":5}," 2 >/dev/null
  run k rollout status statefulset/peers --timeout=120s
  check "members that wait for each other find each other" exits 0
}

# What becomes of claims when members go, and what the labels say of it.
data_loss() {
  sed 's/journal/diary/g' "$here/manifests/journal.yaml" | k apply -f - >/dev/null
  k rollout status statefulset/diary --timeout=120s >/dev/null
  retention() { equals "pvc/data-diary-$1" '{.metadata.labels.stateward\.dev/retention}' "$2"; }  # ORDINAL VALUE
  run k patch statefulset diary --type=merge -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenScaled":"Delete"}}}'
  check "whenScaled: Delete is warned of" both 'exits 0' 'warns retention-policy-delete'
  run within 5 retention 0 delete-on-scale
  check "and the claims say so" exits 0
  run within 5 retention 1 delete-on-scale
  check "all of them" exits 0
  within 10 fails k scale statefulset diary --replicas=1 --dry-run=server
  run k scale statefulset diary --replicas=1
  check "scaling down would destroy data now, and is denied" denied scale-down-destroys-data
  check "with the name of the claim" complains data-diary-1
  run k patch statefulset diary --type=merge -p '{"spec":{"replicas":1}}'
  check "by a patch, too" denied scale-down-destroys-data
  run k patch statefulset diary --type=merge -p '{"metadata":{"annotations":{"stateward.dev/confirm-data-loss":"x"}},"spec":{"replicas":1}}'
  check "consent that comes with it is too late" denied scale-down-destroys-data
  k annotate statefulset diary 'stateward.dev/confirm-data-loss=the second copy was a trial' >/dev/null
  within 10 k scale statefulset diary --replicas=1 --dry-run=server  # the webhook hears of it
  run k scale statefulset diary --replicas=1
  check "with a reason on the live set it is allowed" silent
  run within 60 fails k get pvc data-diary-1
  check "and the claim goes" exits 0
  run k get pvc data-diary-0
  check "but no other" exits 0
  run k patch statefulset diary --type=merge -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete"}}}'
  run within 5 retention 0 delete-always
  check "labels follow the retention policy: delete-always" exits 0
  run k patch statefulset diary --type=merge -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenScaled":"Retain"}}}'
  run within 5 retention 0 delete-on-set-delete
  check "delete-on-set-delete" exits 0
  k patch statefulset diary --type=merge -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain"}}}' >/dev/null 2>&1
  run within 5 retention 0 retain
  check "and retain again" exits 0
}

shared_claims() {
  claim_of once ReadWriteOnce | k apply -f - >/dev/null; claim_of many ReadWriteMany | k apply -f - >/dev/null
  run apply_set sharing '' "$(mounting once)" "$mounted" 2
  check "a ReadWriteOnce claim for two replicas is denied, with its mode" both 'denied shared-claim' 'complains "\"once\", which is ReadWriteOnce: one node"'
  run apply_set sharing '' "$(mounting nowhere)" "$mounted" 2
  check "so is one that does not exist, which is said" both 'denied shared-claim' 'complains "there is no such claim in namespace default"'
  run apply_set sharing '' "$(mounting many)" "$mounted" 2
  check "a ReadWriteMany one is not" only_warned "1 unisolated-shared-claim"
  k rollout status statefulset/sharing --timeout=120s >/dev/null
  run k delete pvc many --wait=false
  check "the deletion of a claim that running members share is denied" denied protected-claim-deletion
  k delete statefulset sharing >/dev/null
  run k delete pvc many --wait=false
  check "but not once their set is gone, whose Pods are still going" silent
  run apply_set alone '' "$(mounting once)" "$mounted" 1
  check "one replica may mount a claim by name" silent
  run k scale statefulset alone --replicas=2
  check "kubectl scale to two is denied, with the claim's mode" both 'denied shared-claim' 'complains "ReadWriteOnce: one node"'
  run k scale statefulset alone --replicas=0
  check "to none it is not" silent
  # Installers make claims for a set beside it.
  { claim_of data-beside-0 ReadWriteOnce; k create --dry-run=client -o json -f "$here/manifests/journal.yaml" | sed 's/journal/beside/g; s/"replicas": 2/"replicas": 1/'; } >"$work/beside"
  run k apply -f "$work/beside"
  check "a claim that is made for a set in the same breath is no old one" silent
  k delete statefulset beside --wait=false >/dev/null
}

hurry() {
  k create namespace hurry >/dev/null
  run "$state/inside" "$here/claims_in_a_hurry.py" "$state" ReadWriteMany 200
  check "a ReadWriteMany claim made 5 ms before its set is never taken for missing, 200 times" says "200 created, 0 denied, 0 denied otherwise"
  run "$state/inside" "$here/claims_in_a_hurry.py" "$state" ReadWriteOnce 200
  check "a ReadWriteOnce one is always denied as that, 200 times" says "0 created, 200 denied, 0 denied otherwise"
  run "$state/inside" "$here/claims_in_a_hurry.py" "$state" scale 100
  check "and to scale a set that mounts one, as soon as it is made, 100 times" says "0 created, 100 denied, 0 denied otherwise"
}

# Names that users give: the Service is theirs to make for half a minute.
given_names() {
  local before times
  apply_set late '"serviceName":"late",' >/dev/null
  apply_set given '"serviceName":"given",' >/dev/null
  k create -f - >/dev/null <<'JSON'
{"apiVersion":"v1","kind":"Service","metadata":{"name":"given"},"spec":{"clusterIP":"None","selector":{"app":"given"},"ports":[{"port":8080}]}}
JSON
  before=$(k get service given -o jsonpath='{.metadata.uid} {.metadata.resourceVersion}')
  run within 90 equals service/late '{.metadata.labels.stateward\.dev/governs}' late
  check "the Service of a name that the user gave is made if he does not" exits 0
  times=$(k get statefulset,service late -o jsonpath='{range .items[*]}{.metadata.creationTimestamp}{"\n"}{end}' | python3 -c '
import datetime, sys
first, last = (datetime.datetime.fromisoformat(line.strip().replace("Z", "+00:00")) for line in sys.stdin)
print(int((last - first).total_seconds()))')
  run echo "$times"
  check "but not before thirty seconds have gone by" test "$times" -ge 30
  run equals service/given '{.metadata.uid} {.metadata.resourceVersion}' "$before"
  check "one that he made himself is never touched" exits 0
  run k get service -o name
  check "nor made a second time" test "$(grep -c given <<<"$out")" = 1
}

followed_ports() {
  apply_set ports >/dev/null
  run within 20 equals service/ports-headless '{.spec.ports[*].name}={.spec.ports[*].port}' http=8080
  check "a governing Service has the ports of its set" exits 0
  apply_set ports '' '' '"ports":[{"name":"http","containerPort":8081},{"name":"peers","containerPort":7000}],' >/dev/null
  run within 20 equals service/ports-headless '{.spec.ports[*].name}={.spec.ports[*].port}' "http peers=8081 7000"
  check "and follows them" exits 0
}

# Another manager takes over a Service that we made.
takeovers() {
  apply_set ceded >/dev/null; apply_set same >/dev/null
  within 20 k get service ceded-headless same-headless
  take_over() { # NAME SPEC-FIELDS
    echo "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"$1\",\"labels\":{\"team\":\"storage\"}},\"spec\":{\"clusterIP\":\"None\",$2
      \"selector\":{\"app\":\"${1%-headless}\"}}}" | k apply --server-side --force-conflicts --field-manager=others -f -
  }
  let_go() { # SERVICE
    equals "service/$1" '{.metadata.labels}{.metadata.ownerReferences}' '{"team":"storage"}'
  }
  run take_over ceded-headless '"ports":[{"name":"theirs","port":9000}],'
  check "another manager takes a Service over" exits 0
  run within 20 let_go ceded-headless
  check "and we let it go: without our labels, without its owner" exits 0
  run equals service/ceded-headless '{range .spec.ports[*]}{.name}={.port} {end}{.spec.publishNotReadyAddresses}' "http=8080 theirs=9000 true"
  check "and all else as it was" exits 0
  local before; before=$(k get service ceded-headless -o jsonpath='{.spec}')
  apply_set ceded '' '' '"ports":[{"name":"http","containerPort":8082}],' >/dev/null
  sleep 2
  run equals service/ceded-headless '{.spec}' "$before"
  check "its ports are the other's from then on" exits 0
  take_over same-headless '"publishNotReadyAddresses":true,"ports":[{"name":"http","port":8080,"targetPort":8080,"protocol":"TCP"}],' >/dev/null
  run within 20 let_go same-headless
  check "who takes it over as it is has it, too" exits 0
  k delete statefulset same ceded >/dev/null
  sleep 2
  run k get service same-headless ceded-headless
  check "and keeps it when the set goes" exits 0
}

revisions() {
  apply_set rolled '' '' '' 1 >/dev/null
  k rollout status statefulset/rolled --timeout=120s >/dev/null
  has_made() { [ "$(k get controllerrevisions -l app=rolled -o name | wc -l)" = "$1" ]; }
  run within 20 has_made 1
  check "a new set has one revision" exits 0
  run k rollout restart statefulset/rolled
  check "rollout restart says nothing" silent
  k rollout status statefulset/rolled --timeout=120s >/dev/null
  run k rollout undo statefulset/rolled
  check "nor do we say anything to rollout undo" both 'exits 0' '! complains "Warning: ["'
  k rollout status statefulset/rolled --timeout=120s >/dev/null
  k annotate statefulset rolled example.com/note=x >/dev/null
  k scale statefulset rolled --replicas=2 >/dev/null; k scale statefulset rolled --replicas=1 >/dev/null
  sleep 1
  check "and there are the two revisions that the user made" has_made 2
  run equals statefulset/rolled '{.status.currentRevision}' "$(k get statefulset rolled -o jsonpath='{.status.updateRevision}')"
  check "of which one is running" exits 0
}

opted_out() {
  k create namespace untouched >/dev/null; k label namespace untouched stateward.dev/inject=none >/dev/null
  local bare='{.spec.serviceName}{.spec.template.spec.containers[0].readinessProbe}{.metadata.annotations.stateward\.dev/injected}'
  plain() { set_of plain '' '' '' 1 | k apply -n untouched -f - "$@"; }
  is_bare() { [ -z "$(plain --dry-run=server -o jsonpath="$bare")" ]; }
  within 20 is_bare  # the webhook hears of the label
  run plain
  check "in a namespace labelled inject=none a set is created" both 'exits 0' 'warns missing-service-name'
  run k -n untouched get statefulset plain -o jsonpath="$bare"
  check "as it is" test "$out" = ""
  run eval 'set_of two "" "" "" 2 | k apply -n untouched -f -'
  check "or denied where it cannot stay so" denied missing-service-name
  k create -n untouched --dry-run=client -o json -f "$here/manifests/journal.yaml" | sed 's/"replicas": 2/"replicas": 1, "serviceName": "journal"/' | k apply -n untouched -f - >/dev/null 2>&1
  within 20 k -n untouched get pvc data-journal-0
  sleep 2
  run k -n untouched get pvc data-journal-0 --show-labels
  check "its claims are not labelled" both 'exits 0' '! says stateward.dev'
}

# What was made before anything was injected: an update of the template may bring it, where the namespace says so.
inject_on_update() {
  local namespace readiness='{.spec.template.spec.containers[0].readinessProbe.tcpSocket.port}'
  local bare="{.spec.serviceName}$readiness{.metadata.annotations.stateward\.dev/injected}"
  change() { k -n "$1" set env statefulset/old CHANGED=1 "${@:2}"; }
  injects() { [ "$(change eager --dry-run=server -o jsonpath="$readiness")" = http ]; }
  k create namespace eager >/dev/null; k label namespace eager stateward.dev/inject-on-update=true >/dev/null
  for namespace in eager default; do
    set_of old '"serviceName":"old",' '' '' 1 | sed 's/"name":"old"}/"name":"old","annotations":{"stateward.dev\/inject":"none"}}/' | k apply -n "$namespace" -f - >/dev/null 2>&1
    k -n "$namespace" annotate statefulset old stateward.dev/inject- >/dev/null 2>&1
    run k -n "$namespace" get statefulset old -o jsonpath="$bare"
    check "$namespace: an annotation brings no injection" test "$out" = old
  done
  within 20 injects  # the webhook hears of the label
  change default >/dev/null 2>&1; change eager >/dev/null 2>&1
  run k -n default get statefulset old -o jsonpath="$bare"
  check "an update injects nothing" test "$out" = old
  run k -n eager get statefulset old -o jsonpath="$readiness {.metadata.annotations.stateward\.dev/injected}"
  check "but in a namespace labelled inject-on-update" test "$out" = "http readiness-probe:app"
}

started=()
for part in "$@"; do
  mkdir "$work/$part"
  ( work=$work/$part; "$part"; exit 0 ) >"$work/$part.log" 2>&1 &
  started+=($!); background+=($!)
done
for part in "$@"; do
  wait "${started[0]}" || echo "not ok $part comes to its end" >>"$work/$part.log"
  started=("${started[@]:1}")
  cat "$work/$part.log"
done
if grep -q '^not ok' "$work"/*.log; then
  k get pods -A -o wide; k get events -A --field-selector type=Warning | tail -40; own logs -l app.kubernetes.io/name=stateward --tail=30
fi
