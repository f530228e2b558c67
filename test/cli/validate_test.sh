#!/usr/bin/env bash
# `stateward validate` and `explain` as a user types them.
. "$(dirname "$0")/assert.sh"
policies=$(cd "$(dirname "$0")/../../policies" && pwd)
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
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: $1}}}
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

check "what was skipped is told with the reason, of one policy as of several" says 'what is absent tells nothing, for the set is not complete (--complete says that it is)'
run "$STATEWARD" validate -o markdown tree
check "in Markdown, too" says ': what is absent tells nothing, for the set is not complete.'

run "$STATEWARD" validate --fail-on never tree
check "--fail-on never exits with 0" exits 0
run "$STATEWARD" validate tree/good.yaml
check "nothing to deny exits with 0" exits 0
run "$STATEWARD" validate tree/missing.yaml
check "an argument that cannot be opened exits with 2 and is named" both 'exits 2' 'complains tree/missing.yaml'
run "$STATEWARD" validate --policy missing-service-nam tree
check "an unknown policy exits with 2 and the nearest one is named" both 'exits 2' 'complains "did you mean missing-service-name"'
run "$STATEWARD" validate --kubernetes-version latest tree
check "a release that is none exits with 2" both 'exits 2' 'complains "no version of Kubernetes such as 1.34"'
set_yaml old 'serviceName: a.b' >old.yaml
run "$STATEWARD" validate --kubernetes-version v1.32.1 old.yaml
check "objects are judged for the release that is asked for" says 'every Pod is refused'
run "$STATEWARD" validate old.yaml
check "and for the latest where none is" says 'the set is refused'
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
run "$STATEWARD" validate pair/b.yaml pair/a.yaml
check "files given by name join their folder's set" says "stands already"
run "$STATEWARD" validate --scope file pair
check "--scope file judges each file alone" both 'exits 0' '! says "stands already"'

set_yaml web 'minReadySeconds: 0' >pair/c.yaml
run "$STATEWARD" validate pair
check "the later one is judged too" both 'exits 1' 'says "pair/c.yaml:5:1: deny"'
mkdir twice; cp "$policies/identity/claim-name-collision/bad.yaml" twice/a.yaml; cp twice/a.yaml twice/b.yaml
run "$STATEWARD" validate --policy claim-name-collision twice
check "but not against its siblings, and that is said" both '! says "twice/b.yaml:25:15: deny" && says "twice/a.yaml:25:15: deny"' 'says "one of the same kind, namespace and name stands already"'

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

# What cannot be read, and where things come from and go to.
mkdir part; set_yaml after 'minReadySeconds: 0' >part/b.yaml; ln -s gone part/a.yaml; truncate -s 65M part/c.yaml
run "$STATEWARD" validate part
check "a file in a folder that cannot be read is an error and stops nothing" both 'exits 1' 'says "part/a.yaml:1:1: error: cannot be read: No such file" && says "part/b.yaml:5:1: deny" && says "part/c.yaml:1:1: error: cannot be read: larger than 64 MiB"'
run "$STATEWARD" validate -o json part
check "and the JSON report stays one" python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); assert len(r["diagnostics"])==2 and len(r["findings"])==1' "$work/.out"
run "$STATEWARD" validate part/a.yaml
check "a link that leads nowhere is an argument that cannot be opened" both 'exits 2' 'complains "part/a.yaml: No such file"'
run "$STATEWARD" validate <(set_yaml bad 'minReadySeconds: 0')
check "what is no regular file can be an argument" both 'exits 1' 'says ":5:1: deny"'
set_yaml piped 'minReadySeconds: 0' | "$STATEWARD" validate >out 2>err; code=$?; out=$(cat out) err=$(cat err)
check "standard input is the default where it is no terminal" both 'exits 1' 'says "<stdin>:5:1: deny"'
"$STATEWARD" validate tree >/dev/full 2>err; code=$?; out= err=$(cat err)
check "a report that cannot be written is not passed over" both 'exits 2' 'complains "cannot be written"'
set_yaml wrong 'serviceName: wrong' | sed 's/^metadata:.*/&\n  annotations: {stateward.dev\/exempt.shared-clam: why}/; s/^  name: wrong/&/' >unknown.yaml
run "$STATEWARD" validate --policy invalid-exemption unknown.yaml
check "an exemption from no policy is not mended by a reason" both 'says "there is no policy \"shared-clam\""' 'says "remedy: name a policy that stateward explain lists, or take the exemption out"'
{ set_yaml typo 'serviceName: typo' | sed 's/^          image:.*/&\n          volumeMounts: [{name: dta, mountPath: \/data}]/'
  printf '  volumeClaimTemplates:\n    - {metadata: {name: data}, spec: {storageClassName: a, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}\n'; } >typo.yaml
run "$STATEWARD" validate --policy mount-without-volume,unmounted-claim-template typo.yaml
check "a mistyped name is told once: the template that is not mounted follows from it" both 'exits 1' \
  'says "[mount-without-volume]" && ! says "[unmounted-claim-template]" && says "1 finding not shown: put right by what is to be done about others"'
run "$STATEWARD" validat empty
check "of a command that is not known the nearest one is told" both 'exits 2' '[ "$err" = "stateward: \"validat\" was not expected; did you mean validate? see stateward --help" ]'
run "$STATEWARD" settings chekc
check "also below another" both 'exits 2' 'complains "\"chekc\" was not expected; did you mean check? see stateward settings --help"'
run "$STATEWARD" validate --baselin=x empty
check "so is an option" both 'exits 2' 'complains "\"--baselin\" was not expected; did you mean --baseline? see stateward validate --help"'
run "$STATEWARD" explain host-network more
check "what resembles nothing is only named" both 'exits 2' '[ "$err" = "stateward: \"more\" was not expected; see stateward explain --help" ]'
run "$STATEWARD" explain SHARED
check "a policy that resembles none, too" both 'exits 2' '[ "$err" = "stateward: there is no policy \"SHARED\"; stateward explain lists them" ]'
run "$STATEWARD"
check "without a command it says so" both 'exits 2' '[ "$err" = "stateward: no command given; see stateward --help" ]'
run "$STATEWARD" validate empty
check "a folder without manifests is mentioned" both 'exits 0' 'complains "no *.yaml"'
run "$STATEWARD" validate
check "so is standard input without any" both 'exits 0' '[ "$err" = "stateward: standard input held no manifest" ]'
printf -- '---\n# nothing\n' | "$STATEWARD" validate tree/good.yaml - >out 2>err; code=$?; out=$(cat out) err=$(cat err)
check "also where it is asked for by name, holds only comments and is not all" both 'exits 0' 'complains "standard input held no manifest"'
for text in '{' 'replicas: 1' 'kind: {{ .Values.kind }}'; do
  printf '%s\n' "$text" | "$STATEWARD" validate --scope input tree/good.yaml - >out 2>err; code=$?; out=$(cat out) err=$(cat err)
  check "but not where there is more to say of it: $text" eval '! complains "no manifest"'
done

# Two files that hold a Service of one name are applied to two namespaces, or one instead of the other.
mkdir -p apart together
for cluster in one two; do
  { set_yaml $cluster 'serviceName: db' | sed "s/app: $cluster/app: db/"; printf -- '---\n'; } >together/$cluster.yaml
  { cat together/$cluster.yaml; echo '{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {clusterIP: None, selector: {app: db}}}'; } >apart/$cluster.yaml
done
run "$STATEWARD" validate --policy overlapping-selectors together
check "selectors overlap across the files of a folder" says 'matches the Pods of StatefulSet "two" too'
run "$STATEWARD" validate --policy overlapping-selectors apart
check "but not across files that never meet in one namespace" both 'exits 0' '! says overlapping-selectors'

mkdir -p ours/sub; set_yaml web 'serviceName: web' >ours/web.yaml; set_yaml web 'serviceName: web' >ours/sub/web.yaml
run "$STATEWARD" validate ours
check "a subfolder's files belong to another set" both 'exits 0' '! says "stands already"'
run "$STATEWARD" validate --scope input ours
check "--scope input judges all that was given together" both 'exits 0' 'says "stands already"'
run "$STATEWARD" validate --namespace shop -o json tree
check "--namespace is that of objects that name none" says '"namespace":"shop"'
run "$STATEWARD" validate --policy shared-claim,mount-without-volume --policy static-claim-template tree
check "--policy leaves the others out, with commas and repeated" exits 0
run "$STATEWARD" validate --fail-on warn tree/good.yaml
check "--fail-on warn does not fail without a finding" exits 0
sed 's/replicas: 2/replicas: 1/' tree/sub/bad.yml >single.yaml
run "$STATEWARD" validate single.yaml
check "a warning does not fail" both 'exits 0' 'says "5:1: warn: "'
run "$STATEWARD" validate --fail-on warn single.yaml
check "but with --fail-on warn it does" exits 1
run "$STATEWARD" validate --fail-on never broken.yaml
check "what the API server would not read fails whatever --fail-on says" exits 1
run "$STATEWARD" validate --min-severity critical --policy missing-service-name -o json tree
check "hidden findings are not in the JSON, but counted there" python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); assert r["findings"]==[] and r["summary"]["hidden"] == 1 and r["summary"]["findings"]["deny"]==1' "$work/.out"
sed 's/name: bad/name: bad\n  annotations: {stateward.dev\/exempt.missing-service-name: "moves; until 2999-12-31"}/' tree/sub/bad.yml >exempt.yaml
run "$STATEWARD" validate exempt.yaml
check "an exemption is printed with its reason and does not fail" both 'exits 0' 'says "exempt: moves" && says ", 1 exempt"'
mkdir worse; printf 'a: [\n' >worse/web.yaml
run "$STATEWARD" validate --old worse new
check "what cannot be read of the state before is said on standard error" both 'exits 1' 'complains "--old: worse/web.yaml:2:1"'
run "$STATEWARD" validate --old missing new
check "a state before that is not there exits with 2" both 'exits 2' 'complains "missing"'
cp tree/sub/bad.yml "$(printf 'a\033[2J.yaml')"
run "$STATEWARD" validate .
check "control characters in a file's name never reach the terminal" both 'says "a [2J.yaml:5:1: deny"' '! says $'"'"'\033'"'"''
rm a*J.yaml

# On a terminal, which python3 plays.
terminal() { # ARGS: what a terminal shows of them, standard output and error alike
  python3 -c 'import os, pty, sys
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
shown = b""
while True:
    try: data = os.read(fd, 65536)
    except OSError: break
    if not data: break
    shown += data
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' "$STATEWARD" "$@"
}
run terminal validate tree
check "on a terminal there are colours" both 'exits 1' 'says $'"'"'\033[1;31mdeny:'"'"''
NO_COLOR=1 run terminal validate tree
check "NO_COLOR is honoured there" both 'exits 1' '! says $'"'"'\033'"'"''
run terminal validate
check "nothing is waited for on a terminal: no path is wrong usage" both 'exits 2' 'says "nothing to validate"'

for command in validate explain serve; do
  run "$STATEWARD" $command --help
  check "$command --help has examples" both 'exits 0' "says '  stateward $command'"
done
run "$STATEWARD" --help
check "--help lists the commands" both 'exits 0' 'says "  validate  " && says "  explain  " && says "  serve  " && says "  version  "'
run "$STATEWARD" explain inject-probes
check "explain knows injections too" both 'exits 0' 'says "The result"'
check "explain wraps its prose" eval '! sed "/^Injected into this/,\$d" <<<"$out" | grep -qE ".{101}"'
