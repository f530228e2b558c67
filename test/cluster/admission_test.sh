#!/usr/bin/env bash
# stateward behind a real API server, with real kubectl. Prints the lines that test.sh counts.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
reason=$("$here/control_plane.sh" build 2>&1 >/dev/null) || { echo "skip tests with a real API server: $reason"; exit 0; }

state=$work/cluster
webhook_pid=
finish() { [ -z "$webhook_pid" ] || stop_webhook; "$here/control_plane.sh" down "$state"; sleep .2; rm -rf "$work"; }
trap finish EXIT
if ! "$here/control_plane.sh" up "$state" >"$work/up.log" 2>&1; then cat "$work/up.log"; echo "not ok the control plane comes up"; exit 0; fi
export KUBECONFIG=$state/admin.conf
k() { "$state/kubectl" "$@"; }
field() { k get "$1" -o jsonpath="$2"; }        # OBJECT JSONPATH
equals() { [ "$(field "$1" "$2")" = "$3" ] || { echo "$1 $2: $(field "$1" "$2"), not $3"; return 1; }; }
revisions() { k get controllerrevisions -o jsonpath='{range .items[*]}{.metadata.ownerReferences[0].name}{"\n"}{end}' | grep -cx "$1"; }
eventually() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep .1; done; "$@"; }
port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')

start_webhook() {
  "$STATEWARD" serve --listen "127.0.0.1:$port" --health-listen "" --tls-cert "$state/apiserver.crt" --tls-key "$state/apiserver.key" \
    >"$work/webhook.log" 2>&1 & webhook_pid=$!
  eventually curl -sS --cacert "$state/ca.crt" -o "$work/null" "https://127.0.0.1:$port/mutate"
}
# SIGTERM drains, so that others stop sending; a second one ends it at once.
stop_webhook() { kill "$webhook_pid"; sleep .2; kill "$webhook_pid" 2>/dev/null; wait "$webhook_pid" 2>/dev/null; webhook_pid=; }
register() {
  sed -e "s|@URL@|https://127.0.0.1:$port|" -e "s|@BUNDLE@|$(base64 -w0 <"$state/ca.crt")|" "$here/webhooks.yaml" | k apply -f - >"$work/null"
}
# The configuration takes effect a moment after it is stored: wait until a set without serviceName comes back with one.
registered() { k create --dry-run=server -o jsonpath='{.spec.serviceName}' -f "$here/manifests/ledger.yaml" | grep -q headless; }

# Before the webhook is registered: what exists already.
k apply -f "$here/manifests/shared.yaml" >"$work/null"
start_webhook
register
eventually registered || { cat "$work/webhook.log"; echo "not ok the registration takes effect"; exit 0; }

run k apply -f "$here/manifests/ledger.yaml"
check "a set without serviceName is created" exits 0
run equals statefulset/ledger '{.spec.serviceName}' ledger-headless
check "it is stored with <set>-headless" exits 0
run equals statefulset/ledger '{.spec.template.spec.containers[0].readinessProbe.tcpSocket.port}' client
check "it is stored with a readiness probe on its client port" exits 0
run equals statefulset/ledger '{.metadata.annotations.stateward\.dev/injected}' service-name,readiness-probe:ledger
check "what was injected is recorded" exits 0
run eventually equals statefulset/ledger '{.status.observedGeneration}' 1
run k apply -f "$here/manifests/ledger.yaml"
run equals statefulset/ledger '{.metadata.generation}' 1
check "the same apply again changes nothing" exits 0
sleep 1
run test "$(revisions ledger)" = 1
check "and makes no new revision" exits 0

sed 's/name: shared}/name: fresh}/' "$here/manifests/shared.yaml" >"$work/fresh.yaml"
run k apply -f "$work/fresh.yaml"
check "a claim shared across replicas is denied" exits 1
check "the denial names the policy" complains 'shared-claim'
check "the denial names the claim" complains 'the-one-claim'
check "the denial names the path" complains '/spec/template/spec/volumes/0/persistentVolumeClaim/claimName'
check "the denial names the remedy" complains 'volumeClaimTemplates'
run k apply --dry-run=server -f "$work/fresh.yaml"
check "a dry run is denied alike" both 'exits 1' 'complains shared-claim'

run k label statefulset shared team=storage
check "a bad set that exists can still be labelled" exits 0
check "and the label comes with a warning" complains 'Warning: [shared-claim]'
run k scale statefulset shared --replicas=2
check "it can be scaled down" exits 0
run k patch statefulset shared --type=merge -p '{"spec":{"replicas":1}}'
check "also by a patch" exits 0
run k patch statefulset shared --subresource=status --type=merge -p '{"status":{"collisionCount":1}}'
check "threat k: its status can be written" exits 0
run k patch statefulset shared --subresource=scale --type=merge -p '{"spec":{"replicas":0}}'
check "threat k: and its Scale, downwards" exits 0
k patch statefulset shared --type=merge -p '{"metadata":{"finalizers":["example.com/hold"]}}' >"$work/null" 2>&1
run k delete statefulset shared --wait=false
check "it can be deleted" exits 0
run k patch statefulset shared --type=merge -p '{"metadata":{"finalizers":null}}'
check "its finaliser can be removed" exits 0
is_gone() { [ -z "$(k get "$1" -o name --ignore-not-found)" ]; }
run eventually is_gone statefulset/shared
check "and then it is gone" exits 0

run k set image statefulset/ledger ledger=registry.example.com/ledger:1.1
check "the image can be changed" exits 0
run k rollout undo statefulset/ledger
check "rollout undo works" exits 0
run equals statefulset/ledger '{.spec.template.spec.containers[0].readinessProbe.tcpSocket.port}' client
check "and keeps the probe" exits 0
has_revisions() { [ "$(revisions "$1")" = "$2" ]; }
eventually has_revisions ledger 2
run k apply --server-side --force-conflicts -f "$here/manifests/ledger.yaml"
check "server-side apply works" exits 0
run equals statefulset/ledger '{.spec.serviceName}' ledger-headless
check "and keeps the name" exits 0
before=$(k get statefulset ledger -o jsonpath='{.spec.template}')
run k replace -f "$here/manifests/ledger.yaml"
check "a replace that drops what was injected is accepted" exits 0
run equals statefulset/ledger '{.spec.serviceName}' ledger-headless
check "the name is put back" exits 0
run test "$before" = "$(k get statefulset ledger -o jsonpath='{.spec.template}')"
check "the template is put back to the letter" exits 0
sleep 1
run test "$(revisions ledger)" = 2
check "and no revision is made of it" exits 0

# Nobody gets past us by a field that is the API server's own.
sed 's/name: fresh}/name: escaping, deletionTimestamp: "2020-01-01T00:00:00Z", deletionGracePeriodSeconds: 0}/' "$work/fresh.yaml" >"$work/escaping.yaml"
run k create --validate=false -f "$work/escaping.yaml"
check "threat n: who writes a deletionTimestamp into a new object is judged all the same" both 'exits 1' 'complains shared-claim'
run k patch statefulset ledger --type=merge -p '{"metadata":{"deletionTimestamp":"2020-01-01T00:00:00Z"},"spec":{"template":{"spec":{"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"the-one-claim"}}]}}}}'
run equals statefulset/ledger '{.spec.template.spec.volumes}{.metadata.deletionTimestamp}' ""
check "threat n: and into one that is there gets nothing by it" exits 0

k create namespace relaxed >"$work/null"; k label namespace relaxed stateward.dev/enforcement=warn >"$work/null"
eventually k apply --dry-run=server -n relaxed -f "$work/fresh.yaml"  # the label takes effect a moment later
run k apply -n relaxed -f "$work/fresh.yaml"
check "in a namespace labelled enforcement=warn the denial is a warning" both 'exits 0' 'complains "Warning: [shared-claim]"'
k create namespace guarded >"$work/null"; k label namespace guarded stateward.dev/guard=strict >"$work/null"
run k apply -f "$here/manifests/deleting.yaml"
check "whenScaled: Delete is a warning in an ordinary namespace" both 'exits 0' 'complains "Warning: [retention-policy-delete]"'
run k apply -n guarded -f "$here/manifests/deleting.yaml"
check "and denied in a guarded one" both 'exits 1' 'complains retention-policy-delete'

eventually k get pod deleting-0
k create -f - >"$work/null" <<<'{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-1"}}'
k create --raw /api/v1/namespaces/default/pods/deleting-0/binding -f - >"$work/null" \
  <<<'{"apiVersion":"v1","kind":"Binding","metadata":{"name":"deleting-0"},"target":{"apiVersion":"v1","kind":"Node","name":"node-1"}}'
ephemeral='{"spec":{"ephemeralContainers":[{"name":"shell","image":"registry.example.com/shell:latest","targetContainerName":"app"}]}}'
run k patch pod deleting-0 --subresource=ephemeralcontainers --type=strategic -p "$ephemeral"
check "threat k: nobody who looks into a running Pod waits for us" both 'exits 0' '! complains "Warning: ["'
run k patch pod deleting-0 --subresource=resize --type=merge -p '{}'
check "threat k: nor who resizes one" exits 0
run k delete pod deleting-0 --grace-period=0 --force
check "a forced deletion of a member warns" both 'exits 0' 'complains "[forced-pod-deletion]"'
run k delete namespace relaxed --timeout=60s
check "a namespace with sets in it can be deleted" exits 0

stop_webhook
run k apply -f "$work/fresh.yaml"
check "with the webhook stopped nothing is blocked" exits 0
run k apply -n guarded -f "$here/manifests/ledger.yaml"
check "but the guard fails closed" exits 1
