#!/usr/bin/env bash
# Our SARIF, held against the schema of the standard, which a Go module brings along: it is not ours to copy.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
give_up() { echo "skip SARIF's own schema: $1"; exit 0; }
command -v go >/dev/null || give_up "there is no Go on this machine"
python=
for one in python3 /usr/bin/python3; do "$one" -c 'import jsonschema' 2>/dev/null && { python=$one; break; }; done
[ -n "$python" ] || give_up "python3-jsonschema is missing"
module=$(cd "$here/sarif" && GOFLAGS=-mod=mod go mod download -json github.com/owenrumney/go-sarif/v3 2>"$work/.err" |
  "$python" -c 'import json,sys; print(json.load(sys.stdin)["Dir"])' 2>/dev/null) || give_up "$(tail -1 "$work/.err")"

validate() { # FILE: against the text between the backticks
  "$python" - "$module/pkg/report/v210/sarif/schema.go" "$1" <<'PY'
import json, sys
import jsonschema
with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.loads(file.read().split("`")[1])
with open(sys.argv[2], encoding="utf-8") as file:
    log = json.load(file)
assert "2.1.0" in schema["title"], schema["title"]
errors = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(log))
for error in errors[:5]: print(list(error.absolute_path), error.message[:300])
sys.exit(1 if errors else 0)
PY
}

policies=$here/../../policies
run "$STATEWARD" validate --pedantic --complete --scope file -o sarif="$work/all.sarif" "$policies"
run validate "$work/all.sarif"
check "a report of every example is valid SARIF 2.1.0" exits 0
printf 'a: [\n' >"$work/broken.yaml"; printf 'a: {{ .x }}\nmetadata: {name: {{ .y }}}\n' >"$work/template.yaml"
cat >"$work/exempt.yaml" <<'YAML'
# Source: web/templates/set.yaml
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: x, annotations: {stateward.dev/exempt.missing-service-name: "a reason"}}
spec: {replicas: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: "a:1"}]}}}
YAML
(cd "$work" && "$STATEWARD" validate --pedantic -o sarif=odd.sarif broken.yaml template.yaml exempt.yaml - <exempt.yaml >/dev/null 2>&1)
run validate "$work/odd.sarif"
check "so is one with all that is out of the ordinary" exits 0
check "which it has" grep -q '"suppressions"' "$work/odd.sarif"
run "$STATEWARD" validate -o sarif="$work/none.sarif" - </dev/null
run validate "$work/none.sarif"
check "so is one without results" exits 0
