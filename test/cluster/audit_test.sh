#!/usr/bin/env bash
# stateward audit on a real API server, as people with more and with fewer permissions. Prints the lines that test.sh counts.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
reason=$("$here/control_plane.sh" build 2>&1 >/dev/null) || { echo "skip an audit of a real API server: $reason"; exit 0; }

state=$work/cluster
finish() { "$here/control_plane.sh" down "$state"; sleep .2; rm -rf "$work"; }
trap finish EXIT
if ! "$here/control_plane.sh" up "$state" >"$work/up.log" 2>&1; then cat "$work/up.log"; echo "not ok the control plane comes up"; exit 0; fi
export KUBECONFIG=$state/admin.conf
k() { "$state/kubectl" "$@"; }
quiet() { "$@" >"$work/null"; }
eventually() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep .1; done; "$@"; }
fails() { ! "$@"; }
audit() { run "$STATEWARD" audit "$@"; }
tells() { # OBJECT ACTION POLICY: at its place, or among those that are like another
  awk -v place="$1" -v action=": $2: " -v policy="[$3]" 'BEGIN { RS = "" }
    { head = $0; sub(/\n.*/, "", head)
      if (index(head, action) && index(head, policy) && (index(head, place action) == 1 || index($0, "\n          " place ":"))) found = 1 }
    END { exit !found }' <<<"$out"
}
# holds CONDITION: a Python expression about the report r
holds() { python3 -c "import json,sys; r=json.load(sys.stdin); sys.exit(0 if ($1) else 1)" <<<"$out"; }
as() { # NAME: a kubeconfig with a service account's token
  sed "s|user: {client[^}]*}|user: {token: \"$(k create token "$1" -n default)\"}|" "$KUBECONFIG" >"$work/$1.conf"
}

audit
check "a cluster without sets has nothing to tell" both 'exits 0' 'says "0 denied, 0 warnings, 0 audited"'

quiet k create namespace prod
quiet k create -n prod -f "$here/manifests/claims.yaml"
old=$SECONDS
quiet k create namespace other
quiet k apply -n other -f "$here/manifests/shared.yaml"
sed 's/serviceName: shared/serviceName: 1shared/; s/name: shared}/name: digit}/; s/app: shared/app: digit/g' "$here/manifests/shared.yaml" | quiet k apply -n other -f -
quiet k create namespace relaxed
quiet k label namespace relaxed stateward.dev/enforcement=warn
quiet k apply -n relaxed -f "$here/manifests/shared.yaml"
quiet k create namespace guarded
quiet k label namespace guarded stateward.dev/guard=strict
quiet k apply -n guarded -f "$here/manifests/deleting.yaml"
quiet k apply -n kube-system -f "$here/manifests/shared.yaml"
# Deleted with --cascade=orphan and made again with another serviceName: the Pod keeps the old one.
moved() { sed "s|name: shared}|name: moved}|; s|serviceName: shared|serviceName: $1|; s|app: shared|app: moved|g" "$here/manifests/shared.yaml"; }
moved before | quiet k apply -n other -f -
eventually k get pod -n other moved-0
quiet k delete statefulset -n other moved --cascade=orphan
moved after | quiet k apply -n other -f -
adopted() { [ "$(k get pod -n other moved-0 -o jsonpath='{.metadata.ownerReferences[0].uid}')" = "$(k get statefulset -n other moved -o jsonpath='{.metadata.uid}')" ]; }
eventually adopted

audit --pedantic
check "what would be denied exits with 1" exits 1
check "a claim that replicas share is told with the set's place" tells other/StatefulSet/shared deny shared-claim
check "and with its path" says /spec/template/spec/volumes/0/persistentVolumeClaim/claimName
check "a claim whose set is gone is told" tells prod/PersistentVolumeClaim/visits-app-python-release-0 audit orphaned-claim
check "each of them, behind the first" says '          prod/PersistentVolumeClaim/visits-app-python-release-1: '
check "a member that kept its old name is told" tells other/Pod/moved-0 audit stale-network-identity
check "where denials are warnings this is one" tells relaxed/StatefulSet/shared warn shared-claim
check "where sets are guarded the stricter action holds" tells guarded/StatefulSet/deleting deny retention-policy-delete
check "namespaces of the system are left out" fails says kube-system/
check "the sum speaks of namespaces" says " in 5 namespaces: "
check "it is judged for the server's own release, which takes such names" fails says service-name-starts-with-digit
audit -n other --kubernetes-version 1.35
check "or for the one that is asked for" tells other/StatefulSet/digit deny service-name-starts-with-digit
audit --all-namespaces
check "unless they are asked for" tells kube-system/StatefulSet/shared deny shared-claim
audit -n kube-system
check "or named" tells kube-system/StatefulSet/shared deny shared-claim
audit -n prod -n other
check "only the namespaces that are named are judged" both 'says " in 2 namespaces: "' '! says relaxed/'
audit -n prod --policy orphaned-claim --fail-on never
check "--fail-on never exits with 0" exits 0
audit -n nowhere
check "a namespace that is not there exits with 2 and is named" both 'exits 2' 'complains "there is no namespace \"nowhere\""'
audit -n prod -A
check "-n and --all-namespaces contradict each other" exits 2

audit -o json
check "the JSON report is valid" holds 'r["schema"] == "stateward.dev/report/v1" and r["summary"]["namespaces"] == 5'
check "its findings have an object and a path, and no line" holds 'all(f["location"] is None and f["object"]["namespace"] and f["path"] for f in r["findings"])'
check "nothing was skipped" holds 'not r["skipped"] and not r["diagnostics"]'
mkdir "$work/formats"
audit --pedantic -o json="$work/formats/report.json" -o sarif="$work/formats/report.sarif" -o junit="$work/formats/report.xml" \
  -o github="$work/formats/report.gh" -o gitlab="$work/formats/report.gitlab.json" -o markdown="$work/formats/report.md"
for one in python3 /usr/bin/python3; do "$one" -c 'import jsonschema' 2>/dev/null && { run "$one" "$here/../cli/formats.py" "$work/formats"; break; }; done
check "every format is read by its own parser" exits 0
check "an audit changes nothing" test "$(k get events -A -o name | grep -c stateward)" = 0

quiet k create serviceaccount narrow
quiet k create clusterrole narrow --verb=list,get --resource=statefulsets.apps,services,persistentvolumeclaims,namespaces,deployments.apps,replicasets.apps,daemonsets.apps,replicationcontrollers,jobs.batch,cronjobs.batch,poddisruptionbudgets.policy,horizontalpodautoscalers.autoscaling
quiet k create clusterrolebinding narrow --clusterrole=narrow --serviceaccount=default:narrow
as narrow
eventually k --kubeconfig "$work/narrow.conf" get statefulsets -A
audit --kubeconfig "$work/narrow.conf"
check "what may not be listed is said" both 'complains "may not list pods in all namespaces"' 'complains "may not list persistentvolumes"'
check "it is said once" test "$(grep -c "may not list pods" <<<"$err")" = 1
check "nothing is concluded from absence then" both '! says orphaned-claim' 'says "the set is not complete"'
check "all else is told" tells other/StatefulSet/shared deny shared-claim
audit --kubeconfig "$work/narrow.conf" -o json
check "the JSON report says what is missing and skipped" holds '[d for d in r["diagnostics"] if "pods" in d["message"]] and [s for s in r["skipped"] if s["policy"] == "orphaned-claim"]'

quiet k create serviceaccount tenant
quiet k create rolebinding tenant -n prod --clusterrole=view --serviceaccount=default:tenant
as tenant
eventually k --kubeconfig "$work/tenant.conf" get statefulsets -n prod
audit --kubeconfig "$work/tenant.conf"
check "who may look into one namespace only is told to name it" both 'exits 2' 'complains "name namespaces of yours with -n"'
audit --kubeconfig "$work/tenant.conf" -n prod --pedantic
check "and gets everything of it" both 'exits 0' 'tells prod/PersistentVolumeClaim/visits-app-python-release-0 audit orphaned-claim'

sed 's|user: {client[^}]*}|user: {token: nonsense}|' "$KUBECONFIG" >"$work/unknown.conf"
audit --kubeconfig "$work/unknown.conf"
check "refused credentials exit with 2" both 'exits 2' 'complains "log in again"'
sed -E 's|(server: "https://127.0.0.1:)[0-9]+|\11|' "$KUBECONFIG" >"$work/away.conf"
audit --kubeconfig "$work/away.conf"
check "a server that does not answer exits with 2 and is named" both 'exits 2' 'complains "https://127.0.0.1:1"'
check "and there is no report" test -z "$out"
audit --kubeconfig "$work/away.conf" -o sarif
check "for programs it is whole, and says that it was broken off" holds 'r["runs"][0]["results"] == [] and not r["runs"][0]["invocations"][0]["executionSuccessful"]'
audit --context absent
check "a context that is not there exits with 2" both 'exits 2' 'complains "there is no context \"absent\""'

# A claim counts as older than its set from a minute on.
while [ $((SECONDS - old)) -le 61 ]; do sleep 1; done
quiet k apply -n prod -f "$here/manifests/audit.yaml"
eventually k get pod -n prod web-0
audit -n prod
check "a set that takes over an older claim is told" tells prod/StatefulSet/web warn pre-existing-claim
check "and that its template says another size" tells prod/StatefulSet/web audit claim-template-drift
check "and that the claim's label promises something else" tells prod/PersistentVolumeClaim/data-web-0 audit retention-conflict
check "a Service that is not there is told" tells prod/StatefulSet/nameless warn missing-governing-service
check "a workload on a member's claim is told" tells prod/Deployment/reader deny claim-pinned-to-ordinal
