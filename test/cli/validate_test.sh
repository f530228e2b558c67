#!/usr/bin/env bash
# `stateward validate` and `explain` as a user types them.
. "$(dirname "$0")/assert.sh"
cd "$work" || exit 1

set_yaml() { # NAME SERVICE_LINE
  cat <<YAML
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: $1
spec:
  $2
  replicas: 2
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1}}
    spec:
      containers:
        - name: app
          image: registry.example.com/app:1.0
          readinessProbe: {tcpSocket: {port: 80}}
YAML
}
mkdir -p tree/sub tree/.hidden
set_yaml good 'serviceName: good' >tree/good.yaml
set_yaml bad 'minReadySeconds: 0' >tree/sub/bad.yml
set_yaml hidden 'minReadySeconds: 0' >tree/.hidden/x.yaml
set_yaml ignored 'minReadySeconds: 0' >tree/notes.txt

run "$STATEWARD" validate tree
check "a denied finding exits with 1" exits 1
check "a finding is printed with file, line, column, action and policy" says 'tree/sub/bad.yml:5:1: deny: '
check "the source line is shown and underlined" says '      | ^~~~'
check "the remedy is told" says 'remedy: set spec.serviceName'
check "hidden folders and other files are not read" says '2 objects in 2 files'

run "$STATEWARD" validate --fail-on never tree
check "--fail-on never exits with 0" exits 0
run "$STATEWARD" validate tree/good.yaml
check "nothing to deny exits with 0" exits 0
run "$STATEWARD" validate tree/missing.yaml
check "an argument that cannot be opened exits with 2 and is named" both 'exits 2' 'complains tree/missing.yaml'
run "$STATEWARD" validate --policy missing-service-nam tree
check "an unknown policy exits with 2 and the nearest one is named" both 'exits 2' 'complains "did you mean missing-service-name"'
run "$STATEWARD" validate --fail-on sometimes tree
check "a wrong choice exits with 2" exits 2
run "$STATEWARD" validate --unknown-option
check "an unknown option exits with 2" exits 2
run "$STATEWARD" frobnicate
check "an unknown command exits with 2" exits 2
run "$STATEWARD"
check "no command exits with 2" exits 2

set_yaml piped 'minReadySeconds: 0' | "$STATEWARD" validate - >out 2>err; code=$?; out=$(cat out) err=$(cat err)
check "standard input is judged" both 'exits 1' 'says "<stdin>:5:1: deny"'

run "$STATEWARD" validate --min-severity critical tree
check "what is hidden is counted and still fails" both 'exits 1' 'says "not shown"'
run "$STATEWARD" validate --color always tree
check "--color always colours" says $'\033[1;31m'
run "$STATEWARD" validate --color auto tree
check "no colours where there is no terminal" both 'exits 1' '! says $'"'"'\033'"'"''

printf 'a: [\n---\n' >broken.yaml; set_yaml after 'minReadySeconds: 0' >>broken.yaml
run "$STATEWARD" validate broken.yaml
check "a broken document has its place and does not stop the next one" both 'says "broken.yaml:2:1: error: not YAML"' 'says "broken.yaml:7:1: deny"'
printf 'kind: StatefulSet\napiVersion: apps/v1\nmetadata: {name: x}\nspec: {replicas: "2", selector: {}}\n' >types.yaml
run "$STATEWARD" validate types.yaml
check "a wrong type is an error at its place" both 'exits 1' 'says "types.yaml:4:18: error: /spec/replicas: expected a whole number, found text"'
printf 'metadata:\n  name: {{ .Release.Name }}\nspec: {{ toYaml .x }}\n---\na: {{\n' >template.yaml
run "$STATEWARD" validate template.yaml
check "a template is said to be one, once, and fails nothing" both 'exits 0' '[ "$(grep -c "a template" <<<"$out")" = 1 ]'
printf 'a: 1\nb: 2\na: 3\n' >twice.yaml
run "$STATEWARD" validate twice.yaml
check "a repeated key is an error with both places" both 'exits 1' 'says "twice.yaml:3:1: error: key \"a\" stands already in line 1, column 1"'

mkdir pair; set_yaml web 'serviceName: web' >pair/a.yaml; set_yaml web 'serviceName: web' >pair/b.yaml
run "$STATEWARD" validate pair
check "an object that stands twice in a set is noted with both places" both 'exits 0' 'says "pair/b.yaml:4:9: note: StatefulSet web stands already at pair/a.yaml:4:9"'
run "$STATEWARD" validate --scope file pair
check "--scope file judges each file alone" both 'exits 0' '! says "stands already"'

mkdir kustom; printf 'kind: Kustomization\npatches:\n- path: patch.yaml\n' >kustom/kustomization.yaml
set_yaml web 'minReadySeconds: 0' >kustom/patch.yaml
run "$STATEWARD" validate kustom
check "a kustomize patch is recognised and not judged" both 'exits 0' 'says "a kustomize patch"'

printf '{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"j"},\n "spec":{"replicas":2,"selector":{}}}\n{"apiVersion":"v1","kind":"Pod",}' >stream.json
run "$STATEWARD" validate stream.json
check "JSON documents stand one behind the other, each with its own places" both 'says "stream.json:2:2: deny"' 'says "stream.json:3"'

run "$STATEWARD" validate -o json tree
check "the JSON report is JSON" python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); assert r["schema"]=="stateward.dev/report/v1" and r["findings"][0]["location"]["line"]==5 and r["summary"]["objects"]==2' "$work/.out"
mkdir empty; run "$STATEWARD" validate -o json empty
check "an empty JSON report is valid too" python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); assert r["findings"]==[] and r["skipped"]==[]' "$work/.out"

mkdir old new; set_yaml web 'minReadySeconds: 0' >old/web.yaml; set_yaml web 'minReadySeconds: 5' >new/web.yaml
run "$STATEWARD" validate --old old new
check "an update is judged as one: what is asked on CREATE only is not asked" exits 0

run "$STATEWARD" explain
check "explain lists the policies" says 'missing-service-name'
run "$STATEWARD" explain missing-service-name
check "explain tells why and shows examples" both 'says "What to do"' 'says "# finding: missing-service-name"'
run "$STATEWARD" explain missing-servicename
check "explain names the nearest policy" both 'exits 2' 'complains "did you mean missing-service-name"'
run "$STATEWARD" version
check "version prints one" says 'stateward 0.'
run "$STATEWARD" --version
check "--version prints it too" both 'exits 0' 'says "stateward 0."'
run "$STATEWARD" validate --help
check "help tells the exit codes" both 'exits 0' 'says "Exit codes"'
printf '\033[31mkind: \033]0;x\007: [\n' >hostile.yaml
run "$STATEWARD" validate hostile.yaml
check "control characters of the input never reach the terminal" both 'exits 1' '! says $'"'"'\033'"'"''
