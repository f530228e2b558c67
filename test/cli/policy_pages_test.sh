#!/usr/bin/env bash
# docs/policies/ is what the policies say, and explain tells the same as text, Markdown and JSON.
. "$(dirname "$0")/assert.sh"
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
cd "$work" || exit 1

run "$STATEWARD" explain -o markdown --out pages
check "the pages are written" both 'exits 0' '[ -s pages/README.md ]'
run diff -r "$docs/policies" pages
check "docs/policies is up to date (./run.sh explain -o markdown --out docs/policies)" exits 0
"$STATEWARD" explain -o json >all.json
run python3 -c '
import json, os, sys
catalogue = json.load(open("all.json"))
ids = [entry["id"] for entry in catalogue["policies"] + catalogue["injections"]]
assert catalogue["schema"] == "stateward.dev/policies/v1" and len(ids) == len(set(ids)) > 40
assert sorted(os.listdir("pages")) == sorted([i + ".md" for i in ids] + ["README.md"])
index = open("pages/README.md").read()
for policy in catalogue["policies"]:
    assert index.count("[%s](%s.md)" % (policy["id"], policy["id"])) == 2, policy["id"]  # by section and by severity
    assert policy["examples"] and policy["severity"] in ("info", "low", "medium", "high", "critical")
'
check "there is a page for each, listed by section and by severity" exits 0
echo '# mine' >pages/mine.md; cp pages/missing-service-name.md pages/long-gone.md
run "$STATEWARD" explain -o markdown --out pages
check "pages of what is no more go, those of others stay" both '[ ! -e pages/long-gone.md ]' '[ -e pages/mine.md ]'
run "$STATEWARD" explain --out elsewhere
check "pages are Markdown" both 'exits 2' '[ ! -e elsewhere ] && complains "-o markdown --out DIR"'
run "$STATEWARD" explain -o markdown --out all.json/pages
check "a folder that cannot be written is named" both 'exits 2' 'complains "cannot write to all.json/pages"'

run "$STATEWARD" explain -o markdown missing-service-name
check "one policy as Markdown is its page" diff .out <(tail -n +2 pages/missing-service-name.md)
run "$STATEWARD" explain -o json missing-service-name
check "one policy as JSON is an object" python3 -c 'import json,sys; p=json.load(open(sys.argv[1])); assert p["id"]=="missing-service-name" and p["action"]=="deny"' .out
run "$STATEWARD" explain -o markdown
check "the list as Markdown is the index" diff .out <(tail -n +2 pages/README.md)
if command -v cmark-gfm >/dev/null; then
  html=$(for page in pages/*.md; do cmark-gfm --unsafe -e table "$page" | tail -n +2; done)
  out=$(grep -oE '</?[a-z0-9]+' <<<"$html" | tr -d '</' | sort -u | paste -sd' ') code=0 err=
  check "no page holds markup that its policy did not mean" [ "$out" = "a code h1 h2 h3 li p pre table tbody td th thead tr ul" ]
else
  echo "skip no page holds markup that its policy did not mean: cmark-gfm is missing"
fi
