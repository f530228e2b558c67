#!/usr/bin/env bash
# The manifests and the chart given to a real API server: accepted, repeatable, least rights, the rules in CEL. No webhook runs
# here, so it is also a test of what happens while none does. Prints the lines that test.sh counts.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
manifests=$here/../../manifests
bin=$("$here/control_plane.sh" build-helm 2>"$work/reason") || { echo "skip the manifests in a real API server: $(tail -1 "$work/reason")"; exit 0; }
state=$work/cluster
finish() { "$here/control_plane.sh" down "$state"; sleep .2; rm -rf "$work"; }
trap finish EXIT
trap 'exit 130' INT TERM
if ! "$here/control_plane.sh" up "$state" >"$work/up.log" 2>&1; then cat "$work/up.log"; echo "not ok the control plane comes up"; exit 0; fi
export KUBECONFIG=$state/admin.conf HOME=$work
k() { "$bin/kubectl" "$@"; }
own() { k -n stateward-system "$@"; }
eventually() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep .1; done; "$@"; }
fails() { ! "$@"; }
silent() { [ "$code" -eq 0 ] && [ -z "$err" ]; }

# Accepted, and again.
run k apply -k "$manifests"
check "apply -k is accepted without a warning" silent
pods() { [ "$(own get pods -o name | wc -l)" = 4 ]; }
run eventually pods
check "quota, priority and Pod Security admit all four Pods" exits 0
run own get pods -o jsonpath='{range .items[*]}{.spec.serviceAccountName} {.spec.containers[0].image}{"\n"}{end}'
check "two of the webhook and two of the controller" test "$(sort <<<"$out" | uniq -c | tr -s ' ')" = \
  $' 2 stateward-controller stateward:0.1.0\n 2 stateward-webhook stateward:0.1.0'

# What the controller will write, written by hand in its name.
bundle=$(base64 -w0 <"$state/ca.crt")
entries='{range .webhooks[*]}{.name}={.clientConfig.caBundle}{"\n"}{end}'
for configuration in mutating:mutate validating:policy,observe,guard; do
  patch=$(sed "s/[a-z][a-z]*/{\"name\":\"&.stateward.dev\",\"clientConfig\":{\"caBundle\":\"BUNDLE\"}}/g" <<<"${configuration#*:}")
  k patch "${configuration%:*}webhookconfiguration" "stateward-${configuration%:*}" --field-manager=stateward --type=strategic \
    -p "{\"webhooks\":[${patch//BUNDLE/$bundle}]}" >/dev/null
done
own patch secret stateward-authority --field-manager=stateward --type=merge -p '{"data":{"ca.crt":"Y2E="}}' >/dev/null
k annotate mutatingwebhookconfiguration stateward-mutating example.com/by=others >/dev/null
kept() {
  [ "$(k get mutatingwebhookconfiguration stateward-mutating -o jsonpath="$entries")" = "mutate.stateward.dev=$bundle" ] &&
  [ "$(k get validatingwebhookconfiguration stateward-validating -o jsonpath="$entries" | grep -c "=$bundle$")" = 3 ] &&
  [ "$(own get secret stateward-authority -o jsonpath='{.data.ca\.crt}')" = Y2E= ] &&
  [ "$(k get mutatingwebhookconfiguration stateward-mutating -o jsonpath='{.metadata.annotations.example\.com/by}')" = others ]
}
run kept
check "the controller's writes are there" exits 0
run k apply -k "$manifests"
check "it is accepted a second time" silent
run kept
check "and leaves alone what the controller wrote" exits 0
run k apply --server-side --force-conflicts -k "$manifests"
check "so it is server-side" silent
run k apply --server-side -k "$manifests"
check "and again without force: nobody else owns what it sets" silent
run kept
check "and leaves alone what the controller wrote, too" exits 0
run k apply -k "$manifests/overlays/observe"
check "the overlay to observe is accepted over it" silent
run kept
check "and leaves that alone as well" exits 0
run k apply -k "$manifests"
run k diff -k "$manifests"
check "back to what is denied, and nothing differs" exits 0

# CEL that the API server checks only after the fact: the validations, not the variables, which the tests below go through.
checked() { [ "$(k get validatingadmissionpolicy -o jsonpath='{range .items[*]}{.status.typeChecking}{"\n"}{end}')" = $'{}\n{}' ]; }
run eventually checked
check "the rules in CEL pass the API server's type check" exits 0

# Rights, as the API server sums them up. Everybody may ask about himself and about the API.
rights() { # ACCOUNT NAMESPACE
  k auth can-i --list --no-headers --as "system:serviceaccount:stateward-system:$1" --as-group system:authenticated -n "$2" 2>/dev/null |
    sed -E 's/ +\[/ [/g' | grep -vE '^ *\[|^self' | while IFS='[' read -r what urls names verbs; do
      echo "$what[$urls[$names[$(tr -d ']' <<<"$verbs" | tr ' ' '\n' | LC_ALL=C sort | paste -sd' ')]"
    done | LC_ALL=C sort
}
read_everywhere='horizontalpodautoscalers.autoscaling [] [] [get list watch]
mutatingwebhookconfigurations.admissionregistration.k8s.io [] [stateward-mutating] [get]
namespaces [] [] [get list watch]
nodes [] [] [get list watch]
persistentvolumeclaims [] [] [get list watch]
persistentvolumes [] [] [get list watch]
poddisruptionbudgets.policy [] [] [get list watch]
pods [] [] [get list watch]
services [] [] [get list watch]
statefulsets.apps [] [] [get list watch]
storageclasses.storage.k8s.io [] [] [get list watch]
validatingwebhookconfigurations.admissionregistration.k8s.io [] [stateward-validating] [get]'
same() { [ "$1" = "$2" ] || { diff <(echo "$1") <(echo "$2"); return 1; }; } # FOUND WANTED
run same "$(rights stateward-webhook default)" "$read_everywhere"
check "the webhook may read, and nothing else" exits 0
run same "$(rights stateward-webhook stateward-system)" "$(LC_ALL=C sort <<<"$read_everywhere
configmaps [] [stateward-settings] [get]
secrets [] [stateward-authority] [get]")"
check "in its own namespace the authority and the settings as well" exits 0
written=$(sed -E 's/^(persistentvolumeclaims .*)\[get list watch\]/\1[get list patch watch]/; s/^(services .*)\[get list watch\]/\1[create get list patch watch]/
  s/^((mutating|validating)webhookconf.*)\[get\]/\1[get patch]/' <<<"$read_everywhere")
run same "$(rights stateward-controller default)" "$(LC_ALL=C sort <<<"$written
events [] [] [create]")"
check "the controller may write what it has to" exits 0
run same "$(rights stateward-controller stateward-system)" "$(LC_ALL=C sort <<<"$written
configmaps [] [stateward-settings] [get]
events [] [] [create]
leases.coordination.k8s.io [] [] [create]
leases.coordination.k8s.io [] [stateward-controller] [get patch update]
secrets [] [stateward-authority] [get patch]")"
check "and in its own namespace its Lease and the authority" exits 0
webhook() { k --as system:serviceaccount:stateward-system:stateward-webhook "$@"; }
run webhook get --raw /api/v1/namespaces/stateward-system/secrets/stateward-authority
check "the webhook reads the authority" exits 0
run webhook get --raw /api/v1/namespaces/stateward-system/secrets
check "but cannot list Secrets" both 'exits 1' 'complains Forbidden'

# Nobody answers: there are no nodes here.
k create namespace guarded >/dev/null; k label namespace guarded stateward.dev/guard=strict >/dev/null
run k apply -f "$here/manifests/ledger.yaml"
check "without a webhook a set is created all the same" exits 0
pod='{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME"},"spec":{"containers":[{"name":"c","image":"registry.example.com/c:1"}]}}'
create_pod() { local name=$1; shift; k create -n guarded "$@" -f - <<<"${pod/NAME/$name}"; }
run eventually fails k create --dry-run=server -n guarded -f - <<<"${pod/NAME/seen}"  # the label takes effect a moment later
run create_pod by-a-person
check "in a guarded namespace it is not" both 'exits 1' 'complains guard.stateward.dev'
run create_pod by-a-kubelet --as system:node:n1 --as-group system:nodes --as-group system:masters
check "but a kubelet never waits for us" exits 0
run create_pod by-eve --as system:node:eve --as-group system:masters
check "unlike who only has a kubelet's name" both 'exits 1' 'complains guard.stateward.dev'
run k delete validatingwebhookconfiguration stateward-validating
check "the way out is one line that no webhook can hold up" exits 0
run eventually create_pod freed
check "and it frees" exits 0

# The guard in CEL holds without any webhook.
set_with() { # NAME RETENTION TEMPLATE-FIELDS [ANNOTATIONS] [REPLICAS]
  cat <<JSON
{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"$1","annotations":{${4:-}}},"spec":{"serviceName":"$1","replicas":${5:-3},
 "selector":{"matchLabels":{"app":"$1"}},"persistentVolumeClaimRetentionPolicy":{$2},
 "template":{"metadata":{"labels":{"app":"$1"}},"spec":{$3"containers":[{"name":"c","image":"registry.example.com/c:1"}]}},
 "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]}}
JSON
}
apply_set() { local namespace=$1; shift; set_with "$@" | k apply -n "$namespace" -f -; }
denied() { [ "$code" -eq 1 ] && complains "ValidatingAdmissionPolicy 'stateward-guard'" && complains "[$1]"; } # POLICY
confirmed='"stateward.dev/confirm-data-loss":"it is a cache"'
run apply_set default loose '"whenScaled":"Delete","whenDeleted":"Delete"' '"terminationGracePeriodSeconds":0,"nodeName":"n1",'
check "in an ordinary namespace CEL denies nothing" exits 0
run apply_set guarded scaled '"whenScaled":"Delete"' ''
check "whenScaled: Delete is denied in a guarded one" denied retention-policy-delete
run apply_set guarded deleted '"whenDeleted":"Delete"' ''
check "whenDeleted: Delete is" denied retention-policy-delete
run apply_set guarded hasty '' '"terminationGracePeriodSeconds":0,'
check "a grace period of 0 is" denied zero-termination-grace
run apply_set guarded pinned '' '"nodeName":"n1",'
check "nodeName is" denied pinned-node-name
run apply_set guarded plain '' ''
check "a set without any of it is not" exits 0
run apply_set guarded cache '"whenScaled":"Delete","whenDeleted":"Delete"' '' "$confirmed"
check "nor is a confirmed one" exits 0
run apply_set guarded cache '"whenScaled":"Delete","whenDeleted":"Delete"' '' '"stateward.dev/confirm-data-loss":" "'
check "confirmation without a reason is none, but what was so may stay so" exits 0
run apply_set guarded cache '"whenScaled":"Delete","whenDeleted":"Delete"' '' "$confirmed" 2
check "consent that comes with the scale-down is too late" denied scale-down-destroys-data
run apply_set guarded cache '"whenScaled":"Retain","whenDeleted":"Delete"' '' '' 2
check "a scale-down that turns it off at once is fine" exits 0
run apply_set guarded cache '"whenScaled":"Retain","whenDeleted":"Delete"' '' '' 4
check "growing is" exits 0
run k delete statefulset cache -n guarded --wait=false
check "deleting a set and with it its claims is denied" denied set-delete-destroys-data
run k delete statefulset cache -n guarded --cascade=orphan --wait=false
check "leaving its Pods is not" exits 0
run apply_set guarded plain '' '"nodeName":"n1",'
check "an update may not bring in what a creation may not" denied pinned-node-name
k label namespace guarded stateward.dev/enforcement=warn >/dev/null
run eventually apply_set guarded hasty '' '"terminationGracePeriodSeconds":0,'
check "with the break-glass label CEL denies nothing either" exits 0
k label namespace guarded stateward.dev/enforcement- >/dev/null
run apply_set guarded last '"whenDeleted":"Delete"' '' "$confirmed"
k annotate statefulset last -n guarded stateward.dev/confirm-data-loss- >/dev/null
run eventually fails k delete statefulset last -n guarded --dry-run=server
run k delete namespace guarded --timeout=60s
check "a guarded namespace can be deleted with everything in it" exits 0

# Who may set our labels.
k create clusterrole editor --verb=get,create,update,patch --resource=namespaces >/dev/null
k create clusterrolebinding editor --clusterrole=editor --user=editor --user=labeller >/dev/null
k create clusterrolebinding labeller --clusterrole=stateward-namespace-labeller --user=labeller >/dev/null
k create namespace team >/dev/null; k label namespace team stateward.dev/guard=strict >/dev/null
label() { local user=$1; shift; k label namespace team --overwrite --as "$user" "$@"; }
run label editor stateward.dev/enforcement=warn
check "threat r: an editor of namespaces cannot add a label of ours" both 'exits 1' "complains \"ValidatingAdmissionPolicy 'stateward-labels'\""
run label editor stateward.dev/guard-
check "threat r: nor take one away" both 'exits 1' 'complains stateward-labels'
run label editor stateward.dev/guard=lax
check "threat r: nor change one" both 'exits 1' 'complains stateward-labels'
run label editor team=storage
check "other labels are his own business" exits 0
run k create namespace new --as editor
check "so is a new namespace" exits 0
make_labelled() { k create --as "$1" -f - <<<'{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"new-too","labels":{"stateward.dev/inject":"none"}}}'; }
run make_labelled editor
check "but not with a label of ours" both 'exits 1' 'complains stateward-labels'
run make_labelled labeller
check "who has been given the right may" exits 0
run label labeller stateward.dev/enforcement=warn
check "also change them" exits 0
run k label namespace team stateward.dev/enforcement-
check "and so may an admin" exits 0
run k delete namespace team --as-group=system:masters --as=gone --timeout=60s
check "a labelled namespace can be deleted" exits 0

# Gone again, then by the chart.
run k delete --ignore-not-found -k "$manifests" --timeout=120s  # one of its objects went above
check "delete -k takes everything" exits 0
left() { k get clusterrole,clusterrolebinding,mutatingwebhookconfiguration,validatingwebhookconfiguration,validatingadmissionpolicy,validatingadmissionpolicybinding \
  -o name | grep stateward; }
run left
check "and leaves nothing" exits 1
h() { "$bin/helm" "$@" --namespace stateward-system; }
run h install stateward "$manifests/chart" --create-namespace --set mode=observe
check "helm install works" exits 0
run k get validatingadmissionpolicybinding stateward-guard -o jsonpath='{.spec.validationActions}'
check "in the mode it was given" test "$out" = '["Warn","Audit"]'
own patch secret stateward-authority --field-manager=stateward --type=merge -p '{"data":{"ca.crt":"Y2E="}}' >/dev/null
run h upgrade stateward "$manifests/chart" --set webhook.replicas=3
check "helm upgrade works" exits 0
run own get deployment stateward-webhook -o jsonpath='{.spec.replicas}'
check "and does what it was told" test "$out" = 3
run own get secret stateward-authority -o jsonpath='{.data.ca\.crt}'
check "and leaves the authority alone" test "$out" = Y2E=
run h uninstall stateward --wait
check "helm uninstall works" exits 0
run left
check "and leaves nothing either" exits 1
