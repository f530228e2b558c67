#!/usr/bin/env bash
# Every format of the report, read back by a parser of that format; several at once, and into files.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/assert.sh"
cd "$work" || exit 1

python=
for one in python3 /usr/bin/python3; do "$one" -c 'import jsonschema' 2>/dev/null && { python=$one; break; }; done
for tool in xmllint cmark-gfm; do command -v $tool >/dev/null || python=; done
read_back() { [ -n "$python" ] && "$python" "$here/formats.py" "$@" >"$work/.out" 2>&1; code=$?; out=$(cat "$work/.out") err=; return $code; }
parsers() { # NAME FOLDER [fail-on-warn]
  local name=$1; shift
  if [ -n "$python" ]; then check "$name" read_back "$@"; else echo "skip $name: python3-jsonschema, libxml2-utils or cmark-gfm is missing"; fi
}
all() { # FOLDER COMMAND...
  local folder=$1; shift; mkdir -p "$folder"
  run "$@" -o json="$folder/report.json" -o sarif="$folder/report.sarif" -o junit="$folder/report.xml" -o github="$folder/report.gh" \
    -o gitlab="$folder/report.gitlab.json" -o markdown="$folder/report.md"
}
set_yaml() { # NAME MORE_METADATA MORE_SPEC
  cat <<YAML
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: "$1"$2}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  $3
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: "a", image: "registry.example.com/app"}
        - {name: "b", image: "registry.example.com/app:1.0", readinessProbe: {tcpSocket: {port: 80}}}
YAML
}

# A tree with all that reports have to tell, and names that nobody would give.
mkdir -p tree/sub 'tree/a b,c:d%25' "tree/<&\"'>]]>" 'tree/|`@admin #1'
set_yaml web '' '' >tree/web.yaml
{ set_yaml one '' ''; echo ---; set_yaml two '' ''; echo ---; set_yaml fine '' 'serviceName: fine'; } >tree/sub/several.yaml
set_yaml 'w<b>e]]>b & "@admin" #12 `x` |y| *z* %0A::error::x [l](http://x.example) ~~s~~' '' '' >'tree/a b,c:d%25/:: %0D
x.yaml'
set_yaml 'ctrl\u0007\u001b[31m\n\u2028\ufffe\u0085' '' '' >"tree/<&\"'>]]>/$(printf '\001\377\303\274').yaml"
set_yaml 'late' ', annotations: {stateward.dev/exempt.missing-service-name: "mo|ves <soon> @admin ]]> `x`; until 2999-12-31"}' '' >'tree/|`@admin #1/x.yaml'
printf 'a: [\n---\nb: 1\nb: 2\n' >tree/broken.yaml
printf 'metadata: {name: {{ .x }}}\n' >tree/template.yaml
printf 'kind: StatefulSet\napiVersion: apps/v1\nmetadata: {name: x}\nspec: {replicas: "2", selector: {}}\n' >tree/types.yaml

all one "$STATEWARD" validate --pedantic tree
check "with files for reports, standard output has the text report" both 'exits 1' 'says "tree/web.yaml:4:1: deny"'
check "nothing is left beside the files" [ "$(ls -A one | wc -l)" = 6 ]
parsers "every format is read by its own parser, whatever names there are" one
all two "$STATEWARD" validate --pedantic tree
check "two runs write the same, byte for byte" diff -r one two
mkdir -p empty; all none "$STATEWARD" validate empty
check "without findings all goes well" exits 0
parsers "a report of nothing is valid in every format" none
all only-fine "$STATEWARD" validate --policy shared-claim tree/sub
parsers "objects without findings are passing cases" only-fine
all warn "$STATEWARD" validate --fail-on warn --pedantic tree/web.yaml
parsers "failures of JUnit are what --fail-on says" warn fail-on-warn
all hidden "$STATEWARD" validate --min-severity critical tree
parsers "what is hidden is hidden in every format" hidden

# Lines are moved, values changed: what a finding is known by stays.
mkdir -p moved; cp -r tree/sub moved/; mkdir before; cp -r moved/sub before/
sed -i '1i # one\n# two\n' moved/sub/several.yaml
prints() { (cd "$1" && "$STATEWARD" validate --pedantic -o "$2" sub 2>/dev/null) | python3 -c "import json,sys; r=json.load(sys.stdin); print($3)"; }
for format in json sarif gitlab; do
  case $format in
    json) what='[f["fingerprint"] for f in r["findings"]]' ;;
    sarif) what='[x["partialFingerprints"] for x in r["runs"][0]["results"]]' ;;
    gitlab) what='[i["fingerprint"] for i in r]' ;;
  esac
  check "fingerprints in $format outlive lines that are inserted above" [ "$(prints before $format "$what")" = "$(prints moved $format "$what")" ]
done

# The same mistake is told once.
run "$STATEWARD" validate --policy missing-service-name tree/sub
check "the same mistake in two objects is told once, with both places" both '[ "$(grep -c remedy: <<<"$out")" = 1 ]' 'says "and 1 more like it:" && says "          tree/sub/several.yaml:18:1: StatefulSet two"'

# Where reports go.
run "$STATEWARD" validate -o json tree/sub
check "a format alone goes to standard output" both 'exits 1' '[ "${out:0:1}" = "{" ]'
run "$STATEWARD" validate -o json -o sarif tree
check "two formats for standard output are wrong usage" both 'exits 2' 'complains "two formats for standard output"'
run "$STATEWARD" validate -o yaml tree
check "an unknown format is wrong usage, and those that there are are named" both 'exits 2' 'complains "text|json|sarif|junit|github|gitlab|markdown"'
run "$STATEWARD" validate -o json= tree
check "a format without its file is wrong usage" both 'exits 2' 'complains "json= names no file"'
run "$STATEWARD" validate -o json=x -o sarif=x tree
check "two reports into one file are wrong usage" both 'exits 2' 'complains "two reports for x"'
run "$STATEWARD" validate -o json=x -o sarif=tree/../x tree
check "in whatever spelling" both 'exits 2' 'complains "two reports for tree/../x"'
run "$STATEWARD" validate -o json=./b.json --baseline b.json --write-baseline tree
check "nor is a report a baseline" both 'exits 2' 'complains "a report would replace baseline b.json"'
mkdir mine && printf 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n' >mine/a.yaml
echo '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"}}' >mine/b.json
cp -r mine theirs
run "$STATEWARD" validate -o text=mine/a.yaml mine
check "a manifest is not replaced by a report" both 'exits 2 && [ -z "$out" ]' 'complains "cannot write mine/a.yaml: a manifest stands there"'
run "$STATEWARD" validate -o json=mine/b.json mine
check "be it JSON" both 'exits 2 && [ -z "$out" ]' 'complains "cannot write mine/b.json: a manifest stands there"'
run "$STATEWARD" validate --baseline mine/a.yaml --write-baseline mine
check "nor by a baseline" both 'exits 2' 'complains "cannot write mine/a.yaml: a manifest stands there" && diff -r mine theirs'
run "$STATEWARD" validate -o json=mine/r.json -o gitlab=mine/g.json mine
run "$STATEWARD" validate -o json=mine/r.json -o gitlab=mine/g.json mine
check "an older report beside manifests is" exits 0
mkdir stopped
"$STATEWARD" validate -o json=stopped/r.json -o text=stopped/r.txt - < <(sleep 30 & echo $! >sleeping; wait) >/dev/null 2>&1 & stopped=$!
started() { [ -s sleeping ] && grep -q stopped <(readlink /proc/$stopped/fd/*); }
for _ in $(seq 100); do started && break; sleep 0.1; done
kill -KILL $stopped; wait $stopped 2>/dev/null; kill "$(cat sleeping)" 2>/dev/null
check "a run that is killed leaves nothing behind" test -z "$(ls -A stopped)"
run "$STATEWARD" validate -o sarif=nowhere/x.sarif tree
check "a file that cannot be written is said before anything is judged" both 'exits 2 && [ -z "$out" ]' 'complains "cannot write nowhere/x.sarif: No such file or directory"'
run "$STATEWARD" validate -o sarif=tree tree
check "so is a folder" both 'exits 2 && [ -z "$out" ]' 'complains "cannot write tree: Is a directory"'
run "$STATEWARD" validate -o json=/dev/full tree
check "a report that does not fit is not passed over" both 'exits 2' 'complains "cannot write /dev/full: No space left on device"'
echo old >kept.json
run "$STATEWARD" validate -o json=kept.json tree/nothing-there
check "a run that cannot begin leaves an older report alone" both 'exits 2' '[ "$(cat kept.json)" = old ]'
run "$STATEWARD" validate -o json=kept.json -o text=kept.txt --color auto tree
check "the last run's report takes its place; a file has no colours" both 'python3 -m json.tool kept.json >/dev/null' 'grep -q "deny:" kept.txt && ! grep -q $'"'"'\033'"'"' kept.txt'
run "$STATEWARD" validate -o json="$work/abs.json" "$work/tree/sub"
check "absolute paths below the current folder are told relative to it" both '! grep -q "$work" abs.json' 'says "tree/sub/several.yaml:4:1: deny"'
mkdir -p among; cp tree/web.yaml among/; "$STATEWARD" validate -o json=among/report.json among >first; "$STATEWARD" validate -o json=among/report.json among >second
check "an earlier report among the manifests is not read as one" both 'diff first second' 'grep -q "1 object in 1 file" second'

# What Helm prints.
rendered=$here/helm/rendered.yaml
mkdir helm
"$STATEWARD" validate --pedantic - -o json=helm/report.json -o sarif=helm/report.sarif -o junit=helm/report.xml -o github=helm/report.gh \
  -o gitlab=helm/report.gitlab.json -o markdown=helm/report.md <"$rendered" >out 2>err; code=$?; out=$(cat out) err=$(cat err)
check "a finding in what Helm printed names its template" both 'exits 1' 'says "<stdin>:18:1: deny" && says "from shop/charts/queue/templates/statefulset.yaml"'
check "so does each of the places behind it" says '<stdin>:40:1: StatefulSet shop-db: 2 replicas (shop/templates/statefulset.yaml)'
parsers "the formats place it in its template" helm
check "an annotation is for the template's file" grep -q '^::error file=shop/templates/statefulset.yaml,title=missing-service-name::' helm/report.gh
"$STATEWARD" validate --charts-in ./deploy/charts -o github - <"$rendered" >out 2>err; code=$? out=$(cat out) err=$(cat err)
check "--charts-in tells where the charts stand" says '::error file=deploy/charts/shop/templates/statefulset.yaml,'
