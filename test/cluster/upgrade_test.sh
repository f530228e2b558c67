#!/usr/bin/env bash
# The life of an installation under a steady stream of calls, in a real cluster with containers: from `apply -k` to the first admission,
# what it costs, to another version and back, its namespace deleted, and away: nothing is left that is not documented to stay. Prints
# the lines that test.sh counts, and what was measured as lines that begin with "# ".
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
. "$here/on_node.sh"
. "$here/under_load.sh"
mkdir "$work/images"
"$here/../../image/make_image.sh" "$work/images/other.tar" "$STATEWARD" docker.io/library/stateward:0.0.9 >/dev/null
cluster_for "the life of an installation in a cluster with containers"

# What users have before we come: a set with members and claims that names a Service which is not there, and one that names none.
k create namespace users >/dev/null
k apply -f "$here/manifests/volumes.yaml" >/dev/null
sed 's/journal/books/; s/^spec:/&\n  serviceName: books/' "$here/manifests/journal.yaml" >"$work/books.yaml"
sed 's/replicas: 2/replicas: 0/' "$here/manifests/ledger.yaml" >"$work/ledger.yaml"
k apply -n users -f "$work/books.yaml" -f "$work/ledger.yaml" >/dev/null
run k rollout status -n users statefulset/books --timeout=120s
check "users have a set with members and claims" exits 0
run tool objects "$state" "$work/before"
check "all objects are written down" exits 0

# From nothing to the first admission, with the manifests as they are.
from=$(time_now)
run k apply -k "$manifests"
check "apply -k is accepted" exits 0
run within 120 leads
check "a set is admitted" exits 0
measured "from apply -k to the first admission: $(ago "$from")"
within 60 ready stateward-webhook; within 60 ready stateward-controller
run tool compare "$state" 200
check "the price of a call is measured" exits 0
measured "$out"
memory "at first"
start_stream

# To another version and back, while users make sets, and apply what they have again.
sed 's/ledger/mended/' "$work/ledger.yaml" >"$work/mended.yaml"
run k apply -n users -f "$work/mended.yaml"
run k get -n users statefulset mended -o jsonpath='{.spec.serviceName} {.spec.template.spec.containers[0].readinessProbe.tcpSocket.port}'
check "users make a set that is mended" test "$out" = "mended-headless client"
seen_by_controller() { [ -z "$(k get statefulsets -n users -o jsonpath='{range .items[*]}{.metadata.generation}={.status.observedGeneration}{"\n"}{end}' | grep -vE '^([0-9]+)=\1$')" ]; }
revisions() { k get controllerrevisions -n users -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}'; }
within 30 seen_by_controller
revisions_before=$(revisions)
# The previous commit's manifests, where there is one.
mkdir "$work/previous"
git -C "$here/../.." archive HEAD~1 manifests 2>/dev/null | tar -x -C "$work/previous" 2>/dev/null
[ -e "$work/previous/manifests/kustomization.yaml" ] || cp -r "$manifests" "$work/previous/manifests"
other_version() { k kustomize "$work/previous/manifests" | sed -E 's/(image: .*stateward):[0-9.]+$/\1:0.0.9/' | k apply -f -; }
only() { [ "$(own get pods -o jsonpath='{range .items[*]}{.spec.containers[0].image}{"\n"}{end}' | sed 's/.*://' | uniq -c | tr -d ' ')" = "4$1" ]; }  # VERSION
apply_again() {
  for set in books ledger mended; do
    k apply -n users -f "$work/$set.yaml" && k annotate -n users --overwrite statefulset "$set" "example.com/touched=$1" || return 1
  done
}
rolled_out() { # WHAT VERSION COMMAND...
  local what=$1 version=$2 from lost; shift 2
  lost=$(given_up) from=$(time_now)
  run "$@"
  check "$what is applied" exits 0
  run own rollout status deployment/stateward-webhook --timeout=180s
  check "$what: the webhook is rolled out" exits 0
  run own rollout status deployment/stateward-controller --timeout=180s
  check "$what: the controller is" exits 0
  measured "$what: rolled out after $(ago "$from")"
  run within 90 only "$version"
  check "$what: the old replicas end" exits 0
  run apply_again "$version"
  check "$what: users apply their sets again, and touch them" exits 0
  run within 30 seen_by_controller
  run unchanged "$revisions_before" "$(revisions)"
  check "$what: no revision of users' sets is made" exits 0
  run report "$from"
  check "$what: and no call failed or was missed" none_missed
  measured "$what: $out"
  run given_up
  check "$what: nor did the API server give up on one that was not the stream's" test "$out" = "$lost"
}
version=$(sed -n 's/^ *newTag: //p' "$manifests/base/kustomization.yaml")
rolled_out "another version" 0.0.9 other_version
rolled_out "the present version" "$version" k apply -k "$manifests"
memory "after two upgrades"

# Our namespace is deleted; one line brings everything back.
from=$(time_now)
run k delete namespace stateward-system --timeout=240s
check "our namespace can be deleted" exits 0
sed 's/ledger/alone/' "$work/ledger.yaml" >"$work/alone.yaml"
run k create -f "$work/alone.yaml"
check "without it sets can be made" exits 0
run apply_again without
check "and changed" exits 0
run report "$from"
check "and no call fails" none_failed
measured "our namespace deleted: $out"
from=$(time_now)
run k apply -k "$manifests"
check "it is applied again" exits 0
run within 120 leads
check "and works again" exits 0
measured "our namespace applied again: the first admission after $(ago "$from")"
within 60 ready stateward-webhook; within 60 ready stateward-controller
run certs status
check "with a new authority" exits 0
mended_again "applied again"

# Gone for good: the cluster is as it was, but for what the README says stays.
end_stream
k delete statefulset -n default --all >/dev/null; k delete statefulset -n users mended >/dev/null
k annotate -n users statefulset books ledger example.com/touched- >/dev/null 2>&1
run k delete -k "$manifests" --timeout=240s
check "delete -k takes all of it" exits 0
# Services go with their sets.
stays='^added (Service|Endpoints) users/books$|^added EndpointSlice users/books-[a-z0-9]+$|^changed PersistentVolumeClaim users/data-books-[01] /metadata/labels(/stateward\.dev/.*)?$'
as_it_was() {
  tool objects "$state" "$work/after"
  python3 "$here/faults.py" changes "$work/before" "$work/after" >"$work/changes"
  ! grep -vE "$stays" "$work/changes"
}
run within 10 as_it_was
check "and the cluster is as it was before, but for a Service and labels of claims" exits 0
run grep -c -e "^added Service" -e stateward.dev/retention "$work/changes"
check "which workloads stand on" test "$out" = 3
measured "stays: $(cut -d' ' -f2,3 "$work/changes" | sort -u | paste -sd, | sed 's/,/, /g')"
run k get pods -n users -o jsonpath='{.items[*].status.containerStatuses[0].restartCount}'
check "users' members ran on all the while" test "$out" = "0 0"
