# Sourced by workloads_test.sh: the five seeds, clusters that people reported. Each is deployed as its report tells, in a namespace of its
# own (their names would not clash, but each report shows only its own), and what its commands show is the test; beside it, that users
# are told what design rules say and nothing else: by the API server as warnings, by `stateward validate` of the manifests, and by
# `stateward audit` of what has become of them. A twin with one line changed is told otherwise.
#
# Simulated: the images (seeds/bin, a shell script each), the provisioner (provision.sh), kapp and ytt (seed 0 is written out), the charts
# of seeds 1, 3 and 4, which their reports do not give (seeds/app), and the vault injector (seeds/4-agent.yaml).
#
# Not looked at: deployment-rwo-claim (seed 2).

make_seed_images() {
  local box=$work/box applet name
  mkdir -p "$box/bin" "$work/images"
  cp "$(command -v busybox)" "$box/bin/busybox" 2>/dev/null || return 0  # cluster_for says what is missing
  for applet in $("$box/bin/busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$box/bin/$applet"; done
  cp "$here"/seeds/bin/* "$box/bin"
  for name in docker.io/local/visits:1 docker.io/luksa/kubia-pet:latest registry.k8s.io/redis:e2e docker.io/hashicorp/vault:1.15.1; do
    local program=${name##*/}; program=${program%:*}
    case $program in kubia-pet) program=kubia ;; redis) program=redis-server ;; esac
    "$here/../../image/image.py" "$box" "$name" "$work/images/$program.tar" -- "/bin/$program" >/dev/null
  done
}

denied_in_file() { [ "$code" -eq 1 ] && complains "[$1]"; }
proxied() { k get --raw "/api/v1/namespaces/$seed/$1/proxy/"; }
h() { "$state/inside" env KUBECONFIG="$state/admin.conf" "$helm" "$@"; }
s() { k -n "$seed" "$@"; }
counted() { sort | uniq -c | sed 's/^ *//' | paste -sd, ; }
warned() { grep -oE 'Warning: \[[a-z-]+\]' <<<"$err" | sed 's/.*\[//; s/\]//' | counted; }
only_warned() { [ "$code" -eq 0 ] && [ "$(warned)" = "$1" ]; }   # "1 this,2 that"
# What a report in $out denies and warns of, to the last; what it audits, at least; and none of $never: "1 deny this,2 warn that" ["1 those"].
has_told() {
  local all audited each wanted
  all=$(python3 -c 'import json, sys
for f in json.load(sys.stdin)["findings"]: print(f["action"], f["policy"])' <<<"$out" 2>/dev/null) || return 1
  err=$all
  audited=,$(sed -n 's/^audit //p' <<<"$all" | counted),
  IFS=, read -ra wanted <<<"${2:-}"
  for each in ${wanted[@]+"${wanted[@]}"}; do [[ $audited = *",$each,"* ]] || return 1; done
  [ "$(grep -v ^audit <<<"$all" | counted)" = "$1" ] && ! grep -qE " (${never// /|})$" <<<"$all"
}
is_told() { # FILE "1 deny this,2 warn that" ["1 those"]
  run "$STATEWARD" validate --complete --pedantic -o json "$1"
  has_told "${@:2}"
}
is_audited() { # "1 deny this,2 warn that" ["1 those"], in the seed's namespace
  run "$state/inside" "$STATEWARD" audit --kubeconfig "$state/admin.conf" -n "$seed" --pedantic -o json
  has_told "$@"
}
twin() { sed "$2" "$1" >"$work/twin.yaml"; [ "$(diff "$1" "$work/twin.yaml" | grep -c '^>')" = 1 ] || echo "not ok a twin of $1 differs in one line"; }
# The API server warns of this and no more when FILE is made in a namespace with nothing but its Services in it.
asked() { # FILE "1 this,2 that" [OPTION...]
  local namespace=$seed-twin warnings=$2 options=("${@:3}")
  k create namespace "$namespace" >/dev/null 2>&1
  awk 'BEGIN { RS = "---\n"; ORS = "---\n" } /\nkind: Service\n/' "$1" | k -n "$namespace" apply -f - >/dev/null
  awk 'BEGIN { RS = "---\n"; ORS = "---\n" } !/\nkind: Service\n/' "$1" >"$work/asked.yaml"
  asks() {
    run k -n "$namespace" create --dry-run=server -f "$work/asked.yaml" ${options[@]+"${options[@]}"}
    only_warned "$warnings"
  }
  within 10 asks  # the webhook hears of Services a moment later
}
rendered() { h template "$1" "$here/seeds/app" -f "$here/seeds/$2.yaml" "${@:3}"; } # RELEASE VALUES [OPTION...]
install() { h install -n "$seed" "$1" "$here/seeds/app" -f "$here/seeds/$2.yaml" "${@:3}"; }
rolled_out() { s rollout status "statefulset/$1" --timeout=120s; }
visit() { s exec "$1" -- sh -c "for _ in \$(seq $3); do wget -qO- http://$2/; done" >/dev/null 2>&1; }  # FROM-POD HOST:PORT TIMES
services_of() { s get service -o jsonpath='{range .items[*]}{.metadata.name} {.spec.clusterIP}{"\n"}{end}' | sed -E 's/ 10\..*/ ClusterIP/' | counted; }
set_is() { [ "$(s get statefulset "$1" -o jsonpath="$2")" = "$3" ]; }
untouched() { ! s get service --show-managed-fields -o jsonpath='{.items[*].metadata.managedFields[*].manager}' | grep stateward; }
# A claim counts as older than its set from a minute on.
grown_old() { [ $(($(date +%s) - $(date -d "$(s get pvc "$1" -o jsonpath='{.metadata.creationTimestamp}')" +%s))) -gt 61 ]; }
governing='missing-governing-service governing-service-not-headless external-name-governing-service governing-service-selector-mismatch'
injected='{.spec.serviceName} {.metadata.annotations.stateward\.dev/injected}'

# Three Pods with a claim and a Service each, and no set.
seed_0() {
  local seed=seed-0
  local never="$governing shared-claim unversioned-config orphaned-claim claim-name-collision service-spans-workloads missing-disruption-budget missing-spread"
  k create namespace $seed >/dev/null
  local file=$here/seeds/0-redis.yaml
  check "seed 0: three bare Pods in its manifests, and nothing else" is_told "$file" "3 warn bare-pod-with-claim" "3 implicit-storage-class"
  twin "$file" 's/persistentVolumeClaim: {claimName: redis-1}/emptyDir: {}/'
  check "seed 0: two, where one of them keeps nothing" is_told "$work/twin.yaml" "2 warn bare-pod-with-claim"
  run s apply -f "$file"
  check "seed 0: who applies them is told the same" only_warned "3 bare-pod-with-claim"

  run s wait --for=condition=Ready pod/redis-0 pod/redis-1 pod/redis-2 --timeout=120s
  check "seed 0: three Pods run" exits 0
  run s get pvc -o jsonpath='{range .items[*]}{.metadata.name} {.status.phase}{.metadata.labels}{"\n"}{end}'
  check "seed 0: with a claim each, which nobody labels" test "$out" = $'redis-0 Bound\nredis-1 Bound\nredis-2 Bound'
  check "seed 0: an audit says what the manifests were told" is_audited "3 warn bare-pod-with-claim"
  run services_of
  check "seed 0: the Services are its own four" test "$out" = "1 redis ClusterIP,1 redis-0 ClusterIP,1 redis-1 ClusterIP,1 redis-2 ClusterIP" -a -z "$(untouched)"
  run s exec redis-0 -- sh -c 'nc -w 2 redis-2 6379 </dev/null'
  check "seed 0: redis-2 is a Service by that name" says +PONG
  run s apply -f "$here/seeds/0-adopter.yaml" --dry-run=server
  check "seed 0: a set of that name is told that it would take them over" both 'only_warned "3 manual-ordinal-pod"' "complains 'adopts Pod \"redis-0\"'"
  run s delete pod redis-1
  check "seed 0: a Pod may be deleted" silent
  sleep 1
  run s get pod -o name
  check "seed 0: and is not made again" test "$out" = $'pod/redis-0\npod/redis-2'
  run s apply -f "$here/seeds/0-redis.yaml"
  check "seed 0: until it is deployed again, which says no more than before" only_warned "1 bare-pod-with-claim"
}

# Two charts whose Services have the set's name and an address.
seed_1() {
  local seed=seed-1
  local never="missing-readiness-probe missing-liveness-probe missing-service-name ordered-bootstrap-deadlock"
  k create namespace $seed >/dev/null
  local language file
  for language in go python; do
    file=$work/1-$language.yaml
    rendered "app-$language-chart" "1-app-$language" >"$file"
    check "seed 1, $language: what its manifests are told" is_told "$file" \
      "1 warn governing-service-not-headless,1 warn identical-probes,1 warn liveness-without-startup-budget" "1 suspicious-storage-unit,1 missing-disruption-budget,1 missing-spread"
    check "seed 1, $language: the API server says as much; the startup probe it is given" asked "$file" "1 governing-service-not-headless,1 identical-probes"
    run install "app-$language-chart" "1-app-$language"
    check "seed 1, $language: it is installed" exits 0
  done
  twin "$file" 's/serviceName: .*/serviceName: ""/'
  asked "$work/twin.yaml" "1 identical-probes" -o jsonpath='{.spec.serviceName}'
  check "seed 1: without a serviceName it is given one that nobody has" both 'only_warned "1 identical-probes"' 'test "$out" = app-python-chart-app-python-headless'
  twin "$file" '0,/path: \//s//path: \/alive/'
  check "seed 1: liveness that asks something else is not what readiness asks" is_told "$work/twin.yaml" \
    "1 warn governing-service-not-headless,1 warn liveness-without-startup-budget"

  local set=app-python-chart-app-python before
  run eval 'rolled_out app-go-chart-app-go && rolled_out $set'
  check "seed 1: four Pods get ready" exits 0
  run services_of
  check "seed 1: the Services are its own" test "$out" = "1 app-go-chart-app-go ClusterIP,1 $set ClusterIP" -a -z "$(untouched)"
  check "seed 1: the set is as it was written, and has time to start" set_is $set "$injected" "$set startup-probe:app-python"
  run s get pvc "app-python-data-$set-1" -o jsonpath="$labels {.spec.resources.requests.storage}"
  check "seed 1: its claims say whose they are" test "$out" = "$set app-python-data 1 retain 10M"
  within 30 s exec $set-0 -- test -s /data/visits.txt
  run s exec $set-0 -- cat /data/visits.txt
  check "seed 1: the probes are visitors, too" test "${out:-0}" -ge 1
  before=$out
  run s delete pod $set-0
  check "seed 1: a Pod may be dropped" silent
  rolled_out $set >/dev/null
  run s exec $set-0 -- cat /data/visits.txt
  check "seed 1: it comes again, and its data was not lost" test "${out:-0}" -ge "$before"
  run s exec $set-0 -- nslookup "$set-1.$set.seed-1.svc.cluster.local"
  check "seed 1: and finds the other by its name" says "Address: $(s get pod $set-1 -o jsonpath='{.status.podIP}')"

  run h upgrade -n seed-1 app-python-chart "$here/seeds/app" -f "$here/seeds/1-app-python.yaml"
  check "seed 1: an upgrade that changes nothing changes nothing" both 'exits 0' "set_is $set '{.metadata.generation}' 1"

  # The state of the report: of two claims one is older than the set.
  h uninstall -n seed-1 app-python-chart >/dev/null
  within 60 fails s get pod $set-0
  run s get pvc "app-python-data-$set-0" -o jsonpath='{.status.phase}'
  check "seed 1: a release that is uninstalled leaves its claims" says Bound
  run s delete pvc "app-python-data-$set-1"
  check "seed 1: which may be deleted then" silent
  within 90 grown_old "app-python-data-$set-0"
  run install app-python-chart 1-app-python
  check "seed 1: or be had again by the next one, without being told off" both 'exits 0' '! complains pre-existing-claim'
  run rolled_out $set
  check "seed 1: which gets ready" exits 0
  run s exec $set-0 -- cat /data/visits.txt
  check "seed 1: with what is in them" test "${out:-0}" -ge "$before"
  check "seed 1: an audit says which claim that is, and what else there is to say" both \
    'is_audited "2 warn governing-service-not-headless,2 warn identical-probes" "1 pre-existing-claim,2 suspicious-storage-unit,2 missing-disruption-budget,2 missing-spread"' \
    "says 'it takes over claim app-python-data-$set-0, older than itself'"
}

# A book's manifests: a headless Service, a set, and a Service for clients.
seed_2() {
  local seed=seed-2
  local never="$governing unknown-target-port unmounted-claim-template set-name-too-long set-name-not-dns-label"
  k create namespace $seed >/dev/null
  local file=$here/seeds/2-kubia.yaml
  check "seed 2: what its manifests are told" is_told "$file" "1 warn headless-port-mismatch,1 warn missing-readiness-probe,1 warn mutable-image-tag" \
    "1 implicit-storage-class,1 missing-publish-not-ready,1 missing-liveness-probe,1 missing-disruption-budget,1 missing-spread"
  twin "$file" 's/image: luksa\/kubia-pet$/image: luksa\/kubia-pet:1/'
  check "seed 2: with a tag they are not told of tags" is_told "$work/twin.yaml" "1 warn headless-port-mismatch,1 warn missing-readiness-probe"
  twin "$file" '0,/port: 80$/s//port: 8080/'
  check "seed 2: nor of ports, where the Service has that of the container" is_told "$work/twin.yaml" "1 warn missing-readiness-probe,1 warn mutable-image-tag"
  run s apply -f "$file"
  check "seed 2: who applies them is told the same of the set" only_warned "1 missing-readiness-probe,1 mutable-image-tag"
  twin "$file" 's/replicas: 2/replicas: 1/'
  local probes='{.spec.template.spec.containers[0].readinessProbe.tcpSocket.port}{.spec.template.spec.containers[0].livenessProbe}'
  asked "$work/twin.yaml" "1 mutable-image-tag" -o jsonpath="$probes"
  check "seed 2: one that need not wait for others is given a readiness probe, and none for liveness" both 'only_warned "1 mutable-image-tag"' 'test "$out" = http'
  file=$here/seeds/2-one-claim.yaml
  check "seed 2: replicas that share one claim are denied" is_told "$file" "1 deny missing-service-name,1 deny shared-claim"
  run s create --dry-run=server -f "$file"
  check "seed 2: online, too, though the claim in the same file is a dry run" denied_in_file shared-claim
  run k -n seed-2-twin apply -f "$file"
  check "seed 2: and with the claim's mode where it is none" both 'denied_in_file shared-claim' 'complains "ReadWriteOnce: one node"'
  twin "$file" 's/ReadWriteOnce/ReadWriteMany/'
  check "seed 2: a ReadWriteMany one may be shared, with care" is_told "$work/twin.yaml" "1 deny missing-service-name,1 warn unisolated-shared-claim"
  k create namespace seed-2-many >/dev/null
  run k -n seed-2-many apply -f "$work/twin.yaml"
  check "seed 2: online, too" only_warned "1 unisolated-shared-claim"
  twin "$file" 's/replicas: 2/replicas: 1/'
  check "seed 2: and one replica shares with nobody" is_told "$work/twin.yaml" "1 warn missing-service-name"
  run k -n seed-2-twin apply -f "$work/twin.yaml"
  check "seed 2: online, too" silent
  k delete namespace seed-2-twin seed-2-many --wait=false >/dev/null

  run rolled_out kubia
  check "seed 2: two Pods get ready" exits 0
  check "seed 2: in a set that nothing was put into" set_is kubia "$injected{.spec.template.spec.containers[0].readinessProbe}" "kubia "
  run services_of
  check "seed 2: the Services are its own" test "$out" = "1 kubia None,1 kubia-public ClusterIP" -a -z "$(untouched)"
  within 20 proxied pods/kubia-0
  run "$state/inside" curl -sS --cacert "$state/ca.crt" --cert "$state/admin.crt" --key "$state/admin.key" -X POST \
    -d "Hey there! This greeting was submitted to kubia-0." "https://10.88.0.1:6443/api/v1/namespaces/$seed/pods/kubia-0/proxy/"
  check "seed 2: what is posted to a Pod is stored" says "Data stored on pod kubia-0"
  run proxied pods/kubia-0
  check "seed 2: by that Pod" says "Hey there! This greeting was submitted to kubia-0."
  run proxied pods/kubia-1
  check "seed 2: and by no other" both 'says "hit kubia-1"' 'says "No data posted yet"'
  run s delete pod kubia-0
  check "seed 2: a Pod may be deleted" silent
  rolled_out kubia >/dev/null; within 20 proxied pods/kubia-0
  run proxied pods/kubia-0
  check "seed 2: and has its data again" says "Hey there!"
  s scale statefulset kubia --replicas=0 >/dev/null
  within 30 fails s get pod kubia-0
  run s get pvc -l stateward.dev/statefulset=kubia,stateward.dev/retention=retain -o name
  check "seed 2: scaled down it keeps its claims" test "$(wc -l <<<"$out")" = 2
  s scale statefulset kubia --replicas=2 >/dev/null
  rolled_out kubia >/dev/null; within 20 proxied pods/kubia-0
  run proxied pods/kubia-0
  check "seed 2: and scaled up has them again" says "Hey there!"
  within 20 proxied services/kubia-public
  run proxied services/kubia-public
  check "seed 2: clients have a Service of their own" says "hit kubia-"
  check "seed 2: an audit says what the manifests were told" is_audited "1 warn headless-port-mismatch,1 warn missing-readiness-probe,1 warn mutable-image-tag" \
    "1 missing-publish-not-ready,1 missing-liveness-probe,1 missing-disruption-budget,1 missing-spread"
}

# A chart installed in order, and again in parallel.
seed_3() {
  local seed=seed-3
  local never="overlapping-selectors shared-claim claim-name-collision ordinals-start-change manual-ordinal-pod"
  k create namespace $seed >/dev/null
  local file=$work/3.yaml
  rendered chart 3-web-app >"$file"
  check "seed 3: what its manifests are told" is_told "$file" \
    "1 warn governing-service-not-headless,1 warn identical-probes,1 warn liveness-without-startup-budget" "1 missing-disruption-budget,1 missing-spread"
  check "seed 3: the API server says as much" asked "$file" "1 governing-service-not-headless,1 identical-probes"
  twin "$file" 's/type: ClusterIP/clusterIP: None/'
  check "seed 3: with the headless Service of the tutorial it were the port" is_told "$work/twin.yaml" \
    "1 warn headless-port-mismatch,1 warn identical-probes,1 warn liveness-without-startup-budget"
  rendered chart 3-web-app --set managed=Parallel >"$work/3-parallel.yaml"
  run "$STATEWARD" validate --old "$file" "$work/3-parallel.yaml"
  check "seed 3: from in order to in parallel is no update" both 'exits 1' 'says podManagementPolicy'
  run install chart 3-web-app
  check "seed 3: it is installed" exits 0

  local set=chart-web-app before
  run rolled_out $set
  check "seed 3: three Pods get ready" exits 0
  # When each was made, and got ready.
  times() { s get pods -o jsonpath='{range .items[*]}{.metadata.creationTimestamp} {.status.conditions[?(@.type=="Ready")].lastTransitionTime}{"\n"}{end}'; }
  run times
  check "seed 3: one after the other" test "$(cut -d' ' -f1 <<<"$out" | uniq | wc -l)" = 3  # a kubelet's time of readiness may be a second late
  run s get events --field-selector reason=GoverningServiceNotHeadless -o jsonpath='{.items[*].message}'
  check "seed 3: why there is no headless Service an Event says" says "Service \"$set\" is not headless"
  visits() { s exec "$set-$1" -- cat /data/visits.txt; }
  visit $set-0 "$set-1.$set:8080" 50
  run visits 1
  check "seed 3: each counts its own visitors" test "${out:-0}" -ge $(($(visits 0) + 20)) -a "${out:-0}" -ge $(($(visits 2) + 20))
  local everyone=$(($(visits 0) + $(visits 1) + $(visits 2)))
  visit $set-0 "$set" 50
  run echo $(($(visits 0) + $(visits 1) + $(visits 2)))
  check "seed 3: who asks the Service comes to one of them" test "$out" -ge $((everyone + 50))
  run visits 1
  before=$out
  run s get pvc -o jsonpath='{range .items[*]}{.metadata.name} {.spec.accessModes[0]} {.spec.resources.requests.storage} {.metadata.labels.stateward\.dev/retention}{"\n"}{end}'
  check "seed 3: into a claim of its own" test "$(sed 's/-[012] /-N /' <<<"$out" | counted)" = "3 persistent-data-volume-$set-N ReadWriteOnce 100Mi retain"
  run services_of
  check "seed 3: the Services are its own" test "$out" = "1 $set ClusterIP" -a -z "$(untouched)"
  run h upgrade -n seed-3 chart "$here/seeds/app" -f "$here/seeds/3-web-app.yaml" --set managed=Parallel
  check "seed 3: an upgrade cannot change podManagementPolicy" exits 1
  h uninstall -n seed-3 chart >/dev/null
  within 60 fails s get pod $set-0
  within 90 grown_old persistent-data-volume-$set-2
  run install chart 3-web-app --set managed=Parallel
  check "seed 3: a new installation can, and is not told off for claims that were its own" both 'exits 0' '! complains pre-existing-claim'
  run rolled_out $set
  check "seed 3: which gets ready" exits 0
  run times
  check "seed 3: all at once" awk 'NR == 1 { ready = $2 } $1 > ready { exit 1 }' <<<"$out"
  run visits 1
  check "seed 3: and has its data again" test "${out:-0}" -ge "$before"
  check "seed 3: an audit says which claims these are, and what else there is to say" both \
    'is_audited "1 warn governing-service-not-headless,1 warn identical-probes" "1 pre-existing-claim,1 missing-disruption-budget,1 missing-spread"' \
    "says 'it takes over claims persistent-data-volume-$set-{0,1,2}, older than itself'"
}

# Two releases, of which one asks for a sidecar, beside a vault.
seed_4() {
  local seed=seed-4
  local never="$governing on-delete-strategy short-termination-grace headless-port-mismatch missing-disruption-budget missing-spread"
  k create namespace $seed >/dev/null
  local language file=$here/seeds/4-vault.yaml
  k apply -f "$here/seeds/4-agent.yaml" >/dev/null
  check "seed 4: of vault there is nothing to warn of" is_told "$file" ""
  run s apply -f "$file"
  check "seed 4: nor for who applies it" silent
  twin "$file" 's/terminationGracePeriodSeconds: 10/terminationGracePeriodSeconds: 0/'
  check "seed 4: ten seconds to end are enough, none are not" is_told "$work/twin.yaml" "1 deny zero-termination-grace"
  never="suspicious-storage-unit bare-pod-with-claim"
  for language in python kotlin; do
    file=$work/4-$language.yaml
    rendered "app-$language-release" "4-app-$language" >"$file"
    check "seed 4, $language: what its manifests are told" is_told "$file" "1 warn governing-service-not-headless" "1 missing-disruption-budget,1 missing-spread"
    check "seed 4, $language: the API server says as much" asked "$file" "1 governing-service-not-headless"
    run install "app-$language-release" "4-app-$language"
    check "seed 4, $language: it is installed" exits 0
  done
  twin "$file" 's/type: ClusterIP/clusterIP: None/'
  check "seed 4: with a headless Service it were nothing" is_told "$work/twin.yaml" ""

  local language
  run eval 'rolled_out app-python-release && rolled_out app-kotlin-release && s wait --for=condition=Ready pod/vault-0 --timeout=120s'
  check "seed 4: all Pods get ready" exits 0
  run s get pods -o jsonpath='{range .items[*]}{.metadata.name}{range .status.containerStatuses[?(@.ready==true)]} {.name}{end}{"\n"}{end}'
  check "seed 4: those of kotlin with a sidecar" test "$out" = "app-kotlin-release-0 app-kotlin-release vault-agent
app-kotlin-release-1 app-kotlin-release vault-agent
app-python-release-0 app-python-release
app-python-release-1 app-python-release
vault-0 vault"
  run s get pods -o jsonpath='{.items[*].spec.containers[?(@.name=="vault-agent")].readinessProbe}{.items[*].metadata.annotations.stateward\.dev/injected}'
  check "seed 4: into which nothing is put, nor into any Pod" test -z "$out"
  run services_of
  check "seed 4: the Services are its own" test "$out" = "1 app-kotlin-release ClusterIP,1 app-python-release ClusterIP,1 vault ClusterIP,1 vault-internal None" -a -z "$(untouched)"
  local probes='{.spec.template.spec.containers[0].livenessProbe}{.spec.template.spec.containers[0].startupProbe}{.spec.template.spec.containers[0].readinessProbe.exec.command[2]}'
  check "seed 4: vault has its own probe and no other" set_is vault "$injected$probes" "vault-internal vault status -tls-skip-verify"
  run s get pvc data-vault-0 -o jsonpath="$labels"
  check "seed 4: and a claim that says so" test "$out" = "vault data 0 retain"
  visit app-kotlin-release-0 app-kotlin-release-1.app-kotlin-release:8080 3
  run s exec app-kotlin-release-1 -c app-kotlin-release -- cat visits_dir/visits
  check "seed 4: visits are counted" test "$out" -ge 3
  run h uninstall -n seed-4 app-python-release
  check "seed 4: a release is uninstalled without a word" silent
  within 60 fails s get pod app-python-release-0
  run s get pvc -o name
  check "seed 4: its claims stay, as the second listing shows" test "$(grep -c visits-app-python-release <<<"$out")" = 2
  # As is kotlin there: younger than its claims.
  h uninstall -n seed-4 app-kotlin-release >/dev/null
  within 60 fails s get pod app-kotlin-release-0
  within 90 grown_old visits-app-kotlin-release-1
  run install app-kotlin-release 4-app-kotlin
  check "seed 4: a new release of the other has its claims again, without being told off" both 'exits 0' '! complains pre-existing-claim'
  run rolled_out app-kotlin-release
  check "seed 4: and gets ready" exits 0
  check "seed 4: an audit says which claims are left over, which were there before, and of vault nothing" both \
    'is_audited "1 warn governing-service-not-headless" "2 orphaned-claim,1 pre-existing-claim,1 missing-disruption-budget,1 missing-spread"' \
    'says "it takes over claims visits-app-kotlin-release-{0,1}, older than itself"'
  run s delete pvc visits-app-python-release-0 visits-app-python-release-1
  check "seed 4: what is left over may be deleted" silent
  run s delete pvc visits-app-kotlin-release-0 --wait=false
  check "seed 4: what the release uses that runs may not" denied protected-claim-deletion
}
