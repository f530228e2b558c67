#!/usr/bin/env bash
# What a webhook costs those who write through a real API server: dry-run CREATEs of a 7 KB StatefulSet by eight connections (wrk), with nothing
# registered, with a webhook that only says yes, with the API server's own ValidatingAdmissionPolicy of six expressions, and with stateward and all its
# policies. Rounds are interleaved; every row is the median of them.
#   test/bench/through_api.sh [ROUNDS] [SECONDS]       $STATEWARD is the program; needs wrk and Go
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${STATEWARD:?the program, as it is released}"
rounds=${1:-3} seconds=${2:-5}
command -v wrk >/dev/null || { echo "install wrk" >&2; exit 2; }
plane=test/cluster/control_plane.sh
"$plane" build >/dev/null
work=$(mktemp -d) state=; state=$work/cluster
trap 'kill $(jobs -p) 2>/dev/null || true; "$plane" down "$state" || true; rm -rf "$work"' EXIT
"$plane" up "$state" >"$work/up.log" 2>&1 || { cat "$work/up.log"; exit 1; }
export KUBECONFIG=$state/admin.conf
k() { "$state/kubectl" "$@"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

k create namespace shop >/dev/null
k -n shop create serviceaccount load >/dev/null
k create clusterrolebinding load --clusterrole=cluster-admin --serviceaccount=shop:load >/dev/null
token=$(k -n shop create token load --duration=2h)
server=$(k config view -o jsonpath='{.clusters[0].cluster.server}')
python3 - "$work" "$token" <<'PY'
import json, sys
work, token = sys.argv[1:]
made = json.load(open("test/bench/reviews/allowed.json"))["request"]["object"]
made.pop("status", None)
for field in ("managedFields", "uid", "creationTimestamp", "generation", "resourceVersion"):
    made["metadata"].pop(field, None)
made["metadata"]["annotations"]["padding"] = "x" * max(0, 6900 - len(json.dumps(made)))
json.dump(made, open(f"{work}/set.json", "w"))
open(f"{work}/post.lua", "w").write(f"""
local f = io.open("{work}/set.json"); wrk.body = f:read("*a"); f:close()
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
""")
PY

echo_port=$(free_port) own_port=$(free_port) health_port=$(free_port)
go build -o "$work/echo" test/bench/echo/main.go
"$work/echo" "$state/apiserver.crt" "$state/apiserver.key" "127.0.0.1:$echo_port" 2>"$work/echo.log" &
"$STATEWARD" serve --listen "127.0.0.1:$own_port" --health-listen "127.0.0.1:$health_port" --tls-cert "$state/apiserver.crt" --tls-key "$state/apiserver.key" \
  2>"$work/own.log" &
sleep 1

registered() { # URL: a webhook that everything fails without
  cat <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: measured}
webhooks:
  - name: measured.stateward.dev
    clientConfig: {url: "$1", caBundle: "$(base64 -w0 <"$state/ca.crt")"}
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 10
    rules: [{apiGroups: [apps], apiVersions: [v1], resources: [statefulsets], operations: [CREATE], scope: Namespaced}]
YAML
}
expressions() {
  cat <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: measured}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], resources: [statefulsets], operations: [CREATE]}]
  validations:
    - expression: "has(object.spec.serviceName) && object.spec.serviceName != ''"
    - expression: "!has(object.spec.replicas) || object.spec.replicas < 100"
    - expression: "object.spec.template.spec.containers.all(c, has(c.image) && !c.image.endsWith(':latest'))"
    - expression: "object.spec.template.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || !c.securityContext.privileged)"
    - expression: "!has(object.spec.volumeClaimTemplates) || object.spec.volumeClaimTemplates.all(t, t.spec.accessModes.all(m, m != 'ReadOnlyMany'))"
    - expression: "!has(object.spec.template.spec.volumes) || object.spec.template.spec.volumes.all(v, !has(v.persistentVolumeClaim))"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: measured}
spec: {policyName: measured, validationActions: [Deny]}
YAML
}
away() {
  k delete validatingwebhookconfiguration,validatingadmissionpolicybinding,validatingadmissionpolicy measured --ignore-not-found >/dev/null 2>&1
}
register() {
  away
  case $1 in
    echo) registered "https://127.0.0.1:$echo_port/" | k apply -f - >/dev/null ;;
    stateward) registered "https://127.0.0.1:$own_port/validate" | k apply -f - >/dev/null ;;
    CEL) expressions | k apply -f - >/dev/null; in_force ;;
  esac
  sleep 2  # until the API server has heard of it
}
in_force() {
  sed 's/"replicas": [0-9]*/"replicas": 500/' "$work/set.json" >"$work/many.json"
  for _ in $(seq 100); do k create --dry-run=server -f "$work/many.json" >/dev/null 2>&1 || return 0; sleep .1; done
  echo "the expressions do not come into force" >&2; exit 1
}
judged() { curl -s "http://127.0.0.1:$health_port/metrics" | awk '/^stateward_admission_requests_total/ {sum += $2} END {print sum + 0}'; }

for round in $(seq "$rounds"); do
  for what in nothing echo CEL stateward; do
    register $what
    before=$(judged)
    wrk -t1 -c8 "-d${seconds}s" --latency -s "$work/post.lua" "$server/apis/apps/v1/namespaces/shop/statefulsets?dryRun=All" >"$work/wrk"
    rate=$(awk '/Requests\/sec/ {print $2}' "$work/wrk")
    ! grep -q "Non-2xx" "$work/wrk" || { echo "$what: $(grep Non-2xx "$work/wrk")"; k create --dry-run=server -f "$work/set.json" || true; exit 1; }
    echo "$what $rate $(awk '/ 50%/ {print $2}' "$work/wrk") $(awk '/ 99%/ {print $2}' "$work/wrk") $(($(judged) - before))" >>"$work/rows"
  done
done
printf '%-12s %12s %10s %10s %10s   %s\n' webhook creates/s p50 p99 "of echo" "reviews that stateward judged"
python3 - "$work/rows" <<'PY'
import statistics, sys
rows = {}
for line in open(sys.argv[1]):
    what, rate, middle, late, judged = line.split()
    rows.setdefault(what, []).append((float(rate), middle, late, int(judged)))
ratios = {what: statistics.median(row[0] / floor[0] for row, floor in zip(rows[what], rows["echo"])) for what in rows}
for what, seen in rows.items():
    seen = sorted(seen)[len(seen) // 2]
    print(f"{what:12} {seen[0]:12.0f} {seen[1]:>10} {seen[2]:>10} {ratios[what]:9.0%}   {seen[3]}")
PY
