#!/usr/bin/env bash
# Our YAML reader against the libraries that kubectl is made of: the same documents, verdicts and values, over traps, all
# examples, and real manifests where they are beside the checkout. Prints the lines that test.sh counts.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
command -v go >/dev/null || { echo "skip the comparison with kubectl's reader: there is no Go on this machine"; exit 0; }
(cd "$here" && CGO_ENABLED=0 go build -o "$work/go_yaml" ./go_yaml) >"$work/build.log" 2>&1 ||
  { echo "skip the comparison with kubectl's reader: $(tail -1 "$work/build.log")"; exit 0; }
ours=$(dirname "$STATEWARD")/test/read_documents

same() { # NAME FILE...
  local name=$1; shift
  printf '%s\0' "$@" | xargs -0 "$work/go_yaml" | LC_ALL=C sort >"$work/theirs"
  printf '%s\0' "$@" | xargs -0 "$ours" | LC_ALL=C sort >"$work/ours"
  code=0; out=$(diff "$work/theirs" "$work/ours" | cut -c1-300 | head -20) err="$(wc -l <"$work/theirs") documents"
  check "$name" test -z "$out" -a -s "$work/theirs"
}
same "threat i: the corners of YAML are read as kubectl reads them" "$here/go_yaml/traps.yaml" "$here"/../fuzz/seeds/yaml_reader/*.yaml
mapfile -t examples < <(find "$here/../../policies" -name '*.yaml')
same "threat i: every example is read as kubectl reads it" "${examples[@]}"
corpus=${STATEWARD_CORPUS:-$here/../../../shared/corpus}
if [ -d "$corpus" ]; then
  mapfile -t manifests < <(find "$corpus" -name '*.yaml' -o -name '*.yml' -o -name '*.json')
  same "threat i: every real manifest is read as kubectl reads it" "${manifests[@]}"
else
  echo "skip real manifests as kubectl reads them: no folder ../shared/corpus, and STATEWARD_CORPUS names none"
fi
