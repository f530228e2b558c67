#!/usr/bin/env bash
# stateward doctor on a real API server: nothing installed, the manifests with a controller at work, and one thing after another
# broken. There are no nodes, so no Pod ever runs; the webhook is a process beside it. Prints the lines that test.sh counts.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
reason=$("$here/control_plane.sh" build 2>&1 >/dev/null) || { echo "skip a doctor at a real API server: $reason"; exit 0; }

state=$work/cluster
pids=()
finish() { [ ${#pids[@]} -eq 0 ] || kill -9 "${pids[@]}" 2>/dev/null; "$here/control_plane.sh" down "$state"; sleep .2; rm -rf "$work"; }
trap finish EXIT
if ! "$here/control_plane.sh" up "$state" >"$work/up.log" 2>&1; then cat "$work/up.log"; echo "not ok the control plane comes up"; exit 0; fi
export KUBECONFIG=$state/admin.conf
k() { "$state/kubectl" "$@"; }
own() { k -n stateward-system "$@"; }
quiet() { "$@" >"$work/null"; }
fails() { ! "$@"; }
eventually() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep .1; done; "$@"; }
doctor() { run "$STATEWARD" doctor "$@"; }
finds() { grep -qE "^$1 +$2" <<<"$out"; }  # HEALTH "SUBJECT: MESSAGE", an expression
holds() { python3 -c "import json,sys; r=json.load(sys.stdin); sys.exit(0 if ($1) else 1)" <<<"$out"; }
port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')

doctor
check "where nothing is installed it exits with 1" exits 1
check "and says so" finds FAIL 'namespace: there is no namespace "stateward-system"'
check "and what to do" says "remedy: kubectl apply -k manifests"
check "it says which Kubernetes it is" finds ok 'cluster: Kubernetes 1\.[0-9]+'

quiet k apply -k "$here/../../manifests"
doctor
check "before a controller ran there is no leader" finds FAIL 'leader: there is no lease "stateward-controller"'
check "no bundle" finds FAIL 'registration: policy.stateward.dev: has no caBundle yet'
check "and no authority" finds FAIL 'authority: the Secret holds no authority yet'

"$STATEWARD" control --health-listen "" >"$work/control.log" 2>&1 & pids+=($!)
bundled() { doctor; ! says "no caBundle" && finds ok "leader: "; }
eventually bundled
check "a controller is seen to lead" finds ok 'leader: .* holds the Lease'
check "both configurations are as they should be" both 'finds ok "registration: stateward-mutating"' 'finds ok "registration: stateward-validating"'
check "the authority is in them, and its days are counted" finds ok 'authority: holds for 36[0-9] days more'
check "replicas that are not ready fail" finds FAIL 'webhook: 0 of 2 replicas are ready'
check "and how to look at them" says "describe pods -l app.kubernetes.io/component=webhook"
check "a Service without endpoints fails" finds FAIL 'service: no endpoint is ready'
check "a set that comes back as it was fails" finds FAIL 'dry run: .* came back as it was'
check "nothing was created" fails k get statefulset stateward-doctor

"$STATEWARD" serve --listen "127.0.0.1:$port" --health-listen "" --tls-cert "$state/apiserver.crt" --tls-key "$state/apiserver.key" >"$work/serve.log" 2>&1 & pids+=($!)
sed -e "s|@URL@|https://127.0.0.1:$port|" -e "s|@BUNDLE@|$(base64 -w0 <"$state/ca.crt")|" "$here/webhooks.yaml" |
  sed -E 's/name: stateward-(mutating|validating)/name: beside-\1/' | quiet k apply -f -
quiet k apply -f - <<YAML
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: by-hand, namespace: stateward-system, labels: {kubernetes.io/service-name: stateward-webhook}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.7], conditions: {ready: true}}, {addresses: [192.0.2.8], conditions: {ready: false}}]
ports: [{name: https, port: 9443}]
YAML
answered() { doctor; finds ok "dry run: "; }
eventually answered
check "a set that a webhook gave its name is well" finds ok 'dry run: a set in namespace "default" got its serviceName'
check "an endpoint that is ready is counted" finds ok 'service: 1 ready endpoint$'
doctor --try-in nowhere
check "a namespace that is not there cannot be tried in" finds warn 'dry run: .*"nowhere" not found'

check "without guarded namespaces all passes while we are away" finds ok 'if away: everything passes'
quiet k create namespace vault; quiet k label namespace vault stateward.dev/guard=strict
quiet k create namespace lab; quiet k label namespace lab stateward.dev/enforcement=warn
doctor
check "where changes would be refused is said" finds ok 'if away: changes are refused in vault'
check "where denials are warnings too" finds warn 'namespaces: denials are but warnings in lab'

quiet k apply -k "$here/../../manifests/overlays/observe"
doctor
check "an installation that only observes is a warning" both 'finds warn "registration: policy.stateward.dev: only observes"' '! finds FAIL registration'
quiet k apply -k "$here/../../manifests"
entry() { k patch "$1" --type=json -p "[$2]" >"$work/null"; }
entry mutatingwebhookconfiguration/stateward-mutating '{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Fail"},{"op":"replace","path":"/webhooks/0/timeoutSeconds","value":30},{"op":"remove","path":"/webhooks/0/namespaceSelector"}'
entry validatingwebhookconfiguration/stateward-validating '{"op":"remove","path":"/webhooks/2"},{"op":"replace","path":"/webhooks/0/clientConfig/service/path","value":"/other"}'
doctor
check "a webhook that would stop all while away is told" finds warn 'registration: mutate.stateward.dev: refuses everything while'
check "one that keeps requests waiting" finds warn 'registration: mutate.stateward.dev: requests wait up to 30 s'
check "one that is asked about the system" finds FAIL 'registration: mutate.stateward.dev: is asked about namespace "kube-system" too'
check "one that is gone" finds FAIL 'registration: guard.stateward.dev: is not registered'
check "one that calls something else" finds FAIL 'registration: policy.stateward.dev: calls /other, not /validate'
quiet k delete mutatingwebhookconfiguration stateward-mutating
doctor
check "a configuration that is gone is told" finds FAIL 'registration: there is no mutatingwebhookconfiguration "stateward-mutating"'
quiet k apply -k "$here/../../manifests"
own set image deployment/stateward-webhook webhook=registry.example.com/stateward:0.0.9 >"$work/null"
own scale deployment stateward-controller --replicas=0 >"$work/null"
doctor
check "another version is told" finds warn 'webhook: its image is 0.0.9, this program '
check "no replica at all fails" finds FAIL 'controller: 0 of 0 replicas'

kill -9 "${pids[0]}"
own patch lease stateward-controller --type=merge -p '{"spec":{"renewTime":"2026-01-01T00:00:00.000000Z"}}' >"$work/null"
stale=$(base64 -w0 <"$state/ca.crt")
entry mutatingwebhookconfiguration/stateward-mutating "{\"op\":\"replace\",\"path\":\"/webhooks/0/clientConfig/caBundle\",\"value\":\"$stale\"}"
doctor
check "a leader that is gone is told" finds FAIL 'leader: .* renewed it [0-9]+ s ago'
check "a bundle without the authority is told" finds FAIL 'authority: the caBundle of mutate.stateward.dev does not hold it'

doctor -o json
check "as JSON it is valid" both 'exits 1' 'holds "r[\"schema\"] == \"stateward.dev/doctor/v1\" and all(c[\"remedy\"] or c[\"health\"] == \"ok\" for c in r[\"checks\"])"'

quiet k create serviceaccount narrow
sed "s|user: {client[^}]*}|user: {token: \"$(k create token narrow)\"}|" "$KUBECONFIG" >"$work/narrow.conf"
doctor --kubeconfig "$work/narrow.conf"
check "who may read nothing gets warnings, not failures" both 'exits 0' 'finds warn "permissions: may not get deployments"'
sed -E 's|(server: "https://127.0.0.1:)[0-9]+|\11|' "$KUBECONFIG" >"$work/away.conf"
doctor --kubeconfig "$work/away.conf"
check "a server that does not answer exits with 2" both 'exits 2' 'complains "https://127.0.0.1:1"'
