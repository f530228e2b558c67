#!/usr/bin/env bash
# What `stateward serve` tells on /metrics, and that a log that cannot be written and settings that are wrong show there.
. "$(dirname "$0")/assert.sh"
here=$(cd "$(dirname "$0")" && pwd)
cd "$work" || exit 1
trap '[ -n "${reader:-}" ] && exec 9<&-; kill -KILL "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

"$STATEWARD" certs make --name localhost --name 127.0.0.1 --out pair >/dev/null
settings() { printf 'apiVersion: stateward.dev/v1\nkind: Settings\n%s\n' "$1" >settings.new && mv settings.new live.yaml; }
settings 'enforcement: policy'
# The log may be where nobody can read the ports that were chosen.
free_ports() {
  local two; two=$(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
  port=${two% *} health=http://127.0.0.1:${two#* }
}
start() { # ARGS: the server in the background, its log where file descriptor 8 goes
  free_ports
  "$STATEWARD" serve --listen "127.0.0.1:$port" --health-listen "${health#http://}" --tls-cert pair/tls.crt --tls-key pair/tls.key "$@" 2>&8 &
  server=$!
  within 20 curl -sf -o /dev/null "$health/livez" || { code=-; out=; err=; not_ok "the webhook starts"; }
}
stop() { kill -INT "$server"; wait "$server"; code=$?; }
value() { curl -s "$health/metrics" | awk -v series="stateward_$1" 'index($0, series " ") == 1 {print $NF}'; }
is() { [ "$(value "$1")" = "$2" ]; }
review() { # USER NAMESPACE NAME: a set that shares a claim, with a secret in every place that has one
  python3 - "$@" <<'PY'
import json, sys
user, name_space, name = sys.argv[1:]
canary = "canary-51"
container = {"name": "c", "image": "registry.example.com/c@sha256:" + "0" * 64, "env": [{"name": "PASSWORD", "value": canary}],
             "args": [canary], "command": [canary], "volumeMounts": [{"name": "v", "mountPath": "/data"}]}
template = {"metadata": {"labels": {"app": "db"}, "annotations": {"token": canary}},
            "spec": {"containers": [container], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "one"}}]}}
json.dump({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
    "uid": "u-1", "kind": {"group": "apps", "version": "v1", "kind": "StatefulSet"},
    "resource": {"group": "apps", "version": "v1", "resource": "statefulsets"}, "name": name, "namespace": name_space, "operation": "CREATE",
    "userInfo": {"username": user, "extra": {"session": [canary]}},
    "object": {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "namespace": name_space, "annotations": {"a": canary}},
               "spec": {"replicas": 3, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": template}}}}, sys.stdout)
PY
}
post() { curl -s --max-time 10 --cacert pair/ca.crt -H 'Content-Type: application/json' --data-binary "@$1" "https://127.0.0.1:$port$2"; }
review alice prod db >review.json

exec 8>log.json
start --log-format json --settings live.yaml
post review.json /validate >answer.json
post review.json /validate >answer.json
printf junk >junk.json; post junk.json /mutate >/dev/null
run cat answer.json
check "the review is denied" says '"allowed":false'
check "the page is of the text format 0.0.4" eval "curl -si $health/metrics | grep -qi '^content-type: text/plain; version=0.0.4; charset=utf-8'"
keeps_grammar() { # NAME
  curl -s "$health/metrics" >page
  python3 "$here/metrics_grammar.py" <page >wrong; code=$? out=$(cat wrong) err=
  check "$1 keeps the grammar and conventions" exits 0
  if command -v promtool >/dev/null; then
    promtool check metrics <page >wrong 2>&1; code=$? out=$(cat wrong)
    check "promtool has nothing to say about $1" both 'exits 0' '[ -z "$out" ]'
  else
    echo "skip promtool on $1: promtool is not installed (Debian package prometheus)"
  fi
}
keeps_grammar "the webhook's page"
sed 's/^# TYPE stateward_patch_operations_total.*//' page | python3 "$here/metrics_grammar.py" >/dev/null; code=$?
check "which are really looked at" exits 1
check "denials are counted by policy" is 'admission_denials_total{policy="shared-claim",door="validate"}' 2
check "requests by door, operation, kind and decision" is \
  'admission_requests_total{door="validate",operation="CREATE",kind="StatefulSet",decision="denied"}' 2
check "what is no review is counted" is 'admission_failures_total{door="mutate",code="400"}' 1
check "handshakes are counted" test "$(value 'tls_handshakes_total{result="success"}')" -ge 3
curl -sk --tls-max 1.1 --ciphers 'ALL:@SECLEVEL=0' "https://127.0.0.1:$port/" 2>/dev/null
check "those that fail as well" within 5 is 'tls_handshakes_total{result="failure"}' 1
check "the end of the certificate is told" test "$(value 'certificate_not_after_seconds{kind="leaf"}')" = \
  "$(date -d "$(openssl x509 -noout -enddate -in pair/tls.crt | cut -d= -f2)" +%s)"
run curl -s "$health/metrics"
check "nothing of an object is" eval '! says canary-51'
post review.json /mutate >>answer.json
check "nor in an answer" eval '! grep -q canary-51 answer.json'

settings 'polices: {}'
check "settings that are wrong are counted" within 30 is 'settings_reload_total{result="failure"}' 1
check "and the newest ones do not hold" is settings_last_reload_successful 0
run curl -s "$health/readyz?verbose"
check "which readiness says" says 'newer ones are wrong and not used: live.yaml:3:1: /polices'
check "and the log, as a warning" eval "within 5 grep -q '\"level\":\"warning\",\"msg\":\"settings are wrong and not used: ' log.json"
settings 'enforcement: observe'
check "until they are put right" within 30 is settings_last_reload_successful 1
stop
check "every line of the log is JSON" python3 -c 'import json, sys; [json.loads(line) for line in open("log.json", encoding="utf-8").read().split("\n")[:-1]]'
check "a denial has one, with policy, path, user and uid" test "$(grep -c '"msg":"denied","policies":\["shared-claim"\],"path":"/validate",.*"user":"alice",.*"uid":"u-1"' log.json)" = 2
check "nothing of an object is in the log" eval '! grep -q canary-51 log.json'

# The level, while it serves.
run "$STATEWARD" serve --log-level loud
check "a level that is none is told with those there are" both 'exits 2' \
  '[ "$err" = "stateward: --log-level: \"loud\" is none of debug|info|warning|error; see stateward serve --help" ]'
exec 8>log.text
start --settings live.yaml --log-level error
post review.json /observe >/dev/null; post review.json /validate/observe >/dev/null
kill -USR1 "$server"
everything() { post review.json /validate/observe >/dev/null; grep -q ' debug warned policy=- path=/validate/observe ' log.text; }
check "SIGUSR1 makes the log tell every answer" within 10 everything
kill -USR2 "$server"; sleep 1.5
before=$(wc -l <log.text)
post review.json /validate/observe >/dev/null; sleep 0.3
check "and SIGUSR2 ends that" test "$(wc -l <log.text)" = "$before"
check "nothing of an object is in what debug tells" eval '! grep -q canary-51 log.text'
check "at level error nothing else is said" test "$(grep -vc 'the log tells\| debug ' log.text)" = 0
stop

# The controller, whose cluster cannot be reached.
unreachable_cluster >away.conf
exec 8>control.log
free_ports
"$STATEWARD" control --kubeconfig away.conf --settings live.yaml --health-listen "${health#http://}" --log-format json 2>&8 &
server=$!
check "the controller tells whether it leads" within 20 is leading 0
check "and what it knows of the cluster" is inventory_objects 0
check "and which program it is" is 'build_info{version="'"$("$STATEWARD" --version | awk '{print $NF}')"'",component="controller"}' 1
keeps_grammar "the controller's page"
stop

# A log that nobody reads: a pipe that is full.
settings 'enforcement: policy'
mkfifo blocked; exec 9<>blocked; exec 8>blocked; reader=9
python3 - <<'PY'
import os
end = os.open("blocked", os.O_WRONLY | os.O_NONBLOCK)
try:
    while True:
        os.write(end, b"." * 4096)
except BlockingIOError:
    pass
PY
start --settings live.yaml
python3 - "$port" <<'PY' >flood; code=$? out=$(cat flood) err=
import http.client, ssl, sys
context = ssl.create_default_context(cafile="pair/ca.crt")
connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=context, timeout=10)
body = open("review.json", "rb").read()
for i in range(9000):
    connection.request("POST", "/validate", body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    if reply.status != 200 or b'"allowed":false' not in reply.read():
        sys.exit(f"request {i}: {reply.status}")
print("all answered")
PY
check "rule 38: a log that nobody reads holds no request up" says "all answered"
check "rule 59: lines that are lost are counted" test "$(value log_dropped_total)" -ge 800
stop
check "and it ends as ever" exits 0
exec 8>/dev/full
start --settings live.yaml
post review.json /validate >answer.json; run cat answer.json
check "neither does a full disk" says '"allowed":false'
lost() { [ "$(value log_dropped_total)" -ge "$1" ]; }
check "and what it loses is counted" within 5 lost 2
stop
check "and this ends as ever" exits 0
