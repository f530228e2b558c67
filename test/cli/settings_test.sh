#!/usr/bin/env bash
# Settings as a user meets them: a stateward.yaml that is found, checked, shown, and obeyed.
. "$(dirname "$0")/assert.sh"
. "$(dirname "$0")/../packages.sh"
policies=$(cd "$(dirname "$0")/../../policies" && pwd)
cd "$work" || exit 1
trap 'kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

settings() { printf 'apiVersion: stateward.dev/v1\nkind: Settings\n'; cat; }
mkdir -p repo/.git repo/deploy
cp "$policies/storage/shared-claim/bad.yaml" repo/deploy/set.yaml
cd repo || exit 1
run "$STATEWARD" settings check
check "where there are no settings, check says so" both 'exits 2' 'complains "there is no stateward.yaml here or above; name one: stateward settings check FILE"'
ln -s nowhere.yaml stateward.yaml
run "$STATEWARD" validate deploy
check "a link that leads nowhere is not passed over" both 'exits 2' 'complains "stateward.yaml cannot be read: No such file or directory"'
rm stateward.yaml
run "$STATEWARD" settings check nowhere.yaml
check "a file that is named and not there is wrong usage" both 'exits 2' 'complains "cannot open nowhere.yaml: No such file or directory"'
run "$STATEWARD" settings check deploy
check "a folder is none" both 'exits 1' 'complains "deploy cannot be read: Is a directory"'
run timeout 60 "$STATEWARD" settings check /dev/zero
check "what does not end is not read for ever" both 'exits 1' 'complains "/dev/zero cannot be read: larger than 64 MiB"'
run "$STATEWARD" validate deploy
check "without settings the defaults hold" exits 1

settings >stateward.yaml <<<'policies: {shared-claim: {action: warn}}'
run "$STATEWARD" settings check
check "settings that are right are said to be" both 'exits 0' 'says "stateward.yaml is right"'
run "$STATEWARD" validate deploy
check "they are found and obeyed" both 'exits 0' 'says "warn: 3 replicas share claim"'
(cd deploy && "$STATEWARD" settings show) >shown
check "from a folder below, too, and show says where from" grep -q '^shared-claim  *warn  *deny  *critical  *../stateward.yaml:3  unknown=deny$' shown
run "$STATEWARD" validate --no-settings deploy
check "--no-settings leaves them out" exits 1
settings >../other.yaml <<<'policies: {shared-claim: {action: off}}'
run "$STATEWARD" validate --settings ../other.yaml deploy
check "--settings names others" both 'exits 0' '! says shared-claim'
run "$STATEWARD" settings show -o json
check "show speaks JSON" python3 -c 'import json,sys; o=json.load(open(sys.argv[1])); assert [p for p in o["policies"] if p["id"]=="shared-claim"][0]["action"]=="warn"' "$work/.out"

settings >stateward.yaml <<'YAML'
policies:
  shared-claim: {action: wran}
overides: []
YAML
run "$STATEWARD" validate deploy
check "wrong settings are refused before anything is judged, all of what is wrong" both 'exits 2' \
  'complains "stateward.yaml:4:26: /policies/shared-claim/action: \"wran\" is none of deny, warn, audit, off" && complains "stateward.yaml:5:1: /overides: \"overides\" is not known; did you mean overrides?"'
run "$STATEWARD" settings check
check "and check says the same" both 'exits 1' 'complains "did you mean overrides?"'

settings >stateward.yaml <<'YAML'
exemptions:
  - policies: [shared-claim]
    names: [ledger]
    reason: the copies take turns
    owner: storage
    until: 2099-12-31
  - policies: [missing-service-name]
    reason: it was to be for a week
    until: 2026-01-31
YAML
run "$STATEWARD" validate deploy
check "an exempt finding is printed and counted, with who answers for it and until when" both 'exits 0' \
  'says "exempt: the copies take turns (storage, until 2099-12-31)" && says "1 exempt"'
check "an exemption past its end is a finding at its place" says 'stateward.yaml:11:12: warn: the exemption from missing-service-name ended on 2026-01-31 [invalid-exemption]'
run "$STATEWARD" settings check
check "and check fails for it" both 'exits 1' 'complains "stateward.yaml:11:12: the exemption from missing-service-name ended"'
run "$STATEWARD" validate .
check "settings among what is validated are judged once" test "$(grep -c invalid-exemption <<<"$out")" = 1

settings >stateward.yaml <<'YAML'
exemptions:
  - {policies: [shared-clam], reason: the copies take turns}
  - {policies: ["*"], reason: all of them}
YAML
run "$STATEWARD" settings check
check "of an unknown policy the nearest one is told, and not all that there are" both 'exits 1' \
  'complains "stateward.yaml:4:17: /exemptions/0/policies/0: \"shared-clam\" is not known; did you mean shared-claim?" && ! complains mutable-image-tag'
settings >stateward.yaml <<'YAML'
exemptions:
  - {policies: [shared-claim], reason: " "}
YAML
run "$STATEWARD" validate deploy
check "a reason of blanks is none" both 'exits 1' 'says "stateward.yaml:4:40: warn: the exemption from shared-claim has no reason [invalid-exemption]" && ! says exempt:'
settings >stateward.yaml <<'YAML'
exemptions:
  - {policies: [shared-claim], reason: a, until: soon}
  - {policies: [shared-claim], reason: b, until: later}
YAML
run "$STATEWARD" validate deploy
check "settings have no name, and none is told" says 'stateward.yaml:5:50: Settings: "later"'
settings >stateward.yaml <<'YAML'
overrides:
  - {kinds: [Statefulset, StatefulSet, ScaledObject], policies: {shared-claim: {action: deny}}}
YAML
run "$STATEWARD" settings check
check "a kind that no object has is not taken for one that does not occur" both 'exits 1' \
  '[ "$err" = "stateward: stateward.yaml:4:14: /overrides/0/kinds/0: \"Statefulset\" is not known; did you mean StatefulSet?" ]'
printf 'apiVersion: v1\nkind: ConfigMap\n' >stateward.yaml
run "$STATEWARD" settings check
check "where only one thing can stand, it is told" complains 'stateward.yaml:2:7: /kind: is "ConfigMap", and must be "Settings"'
settings >stateward.yaml </dev/null
for command in 'settings check' 'settings show' 'settings schema' 'completion bash' version '--help' 'explain'; do
  # shellcheck disable=SC2086
  "$STATEWARD" $command >/dev/full 2>err; code=$?; out= err=$(cat err)
  check "what $command cannot write is not passed over" both 'exits 2' '[ "$err" = "stateward: cannot write to standard output" ]'
done

run "$STATEWARD" settings schema
check "the schema is JSON" python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$work/.out"
check "and the published one is that of this build (./run.sh settings schema > docs/schema/settings-v1.json)" cmp -s "$work/.out" "$policies/../docs/schema/settings-v1.json"

# A webhook takes over what its file says, and keeps the last settings that were right.
settings >live.yaml </dev/null
"$STATEWARD" certs make --name localhost --out pair >/dev/null
"$STATEWARD" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --tls-cert pair/tls.crt --tls-key pair/tls.key --settings live.yaml 2>serve.log & server=$!
logged() { grep -qF -- "$1" serve.log 2>/dev/null; }
within 20 logged 'serves https' || echo "not ok the webhook starts"
url=$(sed -nE 's#.*serves (https://127.0.0.1:[0-9]+),.*#\1#p' serve.log) health=$(sed -nE 's#.*health at (http://[^ ]*).*#\1#p' serve.log)
python3 - "$policies/storage/shared-claim/bad.yaml" >review.json <<'PY' || echo "skip a webhook's settings: python3-yaml is not installed"
import json, sys, yaml
object = list(yaml.safe_load_all(open(sys.argv[1])))[0]
json.dump({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
    "uid": "1", "kind": {"group": "apps", "version": "v1", "kind": "StatefulSet"}, "resource": {"group": "apps", "version": "v1", "resource": "statefulsets"},
    "name": "ledger", "namespace": "default", "operation": "CREATE", "userInfo": {"username": "alice"}, "object": object}}, sys.stdout)
PY
if [ -s review.json ]; then
  allows() { curl -sk -H 'Content-Type: application/json' --data-binary @review.json "$url/validate" | grep -q '"allowed":true'; }
  check "by default a shared claim is denied" eval '! allows'
  settings >live.yaml <<<'policies: {shared-claim: {action: warn}}'
  check "until the file says otherwise" within 30 allows
  settings >live.yaml <<<'polices: {}'
  check "what is wrong in a newer one is logged" within 30 logged 'did you mean policies?'
  check "and the former ones hold" allows
  run curl -s "$health/readyz?verbose"
  check "which readiness tells" says "[+]settings ok: those of live.yaml; newer ones are wrong and not used: live.yaml:3:1: /polices"
  settings >live.yaml <<<'enforcement: observe'
  within 30 logged 'settings of live.yaml hold'
  check "enforcement: observe denies nothing" within 30 allows
fi
kill -INT "$server"; wait "$server"
