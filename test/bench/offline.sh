#!/usr/bin/env bash
# Offline speed: `stateward validate` over twenty copies of a tree of manifests on one core and on all, beside libyaml's bare
# event loop; and on one core, over files that all can read, beside those of kube-linter, kube-score and gator (with one rule) that
# Go can build here. In interleaved rounds.
#   test/bench/offline.sh [MANIFESTS] [ROUNDS]     (default: ../shared/corpus, 5)
set -euo pipefail
cd "$(dirname "$0")/../.."
manifests=${1:-../shared/corpus} rounds=${2:-5}
[ -d "$manifests" ] || { echo "no manifests at $manifests: name a folder of them" >&2; exit 2; }
cmake --preset bench >/dev/null && cmake --build --preset bench >/dev/null
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work/tree" "$work/readable"
for i in $(seq -w 20); do cp -r "$manifests" "$work/tree/$i"; done
bytes=$(find "$work/tree" -type f \( -name '*.yaml' -o -name '*.yml' -o -name '*.json' \) -printf '%s\n' | awk '{s+=$1} END {print s}')
build/bench/stateward validate --fail-on never -o json "$work/tree" >"$work/report.json" 2>/dev/null || [ $? -eq 1 ]
objects=$(python3 -c 'import json,sys; s=json.load(open(sys.argv[1]))["summary"]; print(s["objects"] + s["ignored"])' "$work/report.json")
peers=${XDG_CACHE_HOME:-$HOME/.cache}/stateward/peers
mkdir -p "$peers"
for module in golang.stackrox.io/kube-linter/cmd/kube-linter github.com/zegl/kube-score/cmd/kube-score \
  github.com/open-policy-agent/gatekeeper/v3/cmd/gator; do
  [ -x "$peers/${module##*/}" ] || GOBIN=$peers go install "$module@latest" >"$work/log" 2>&1 ||
    echo "${module##*/} cannot be built here: $(tail -1 "$work/log")" >&2
done
# The peers stop at the first file that they cannot read: they and we get five copies of those that all can.
while IFS= read -r file; do
  for peer in kube-score gator; do
    [ -x "$peers/$peer" ] || continue
    case $peer in kube-score) "$peers/$peer" score "$manifests/$file" ;; gator) "$peers/$peer" test -f test/bench/gator -f "$manifests/$file" ;; esac </dev/null >"$work/log" 2>&1 || true
    ! grep -qE '^(Failed to score|reading:)' "$work/log" || continue 2
  done
  for i in 1 2 3 4 5; do
    mkdir -p "$work/readable/$i/$(dirname "$file")"; cp "$manifests/$file" "$work/readable/$i/$file"
  done
done < <(cd "$manifests" && find . -type f -name '*.yaml')
mapfile -t files < <(find "$work/readable" -type f)
measure() { # name cores command...: one row "name CPU-seconds seconds megabytes" into the table
  local name=$1 cores=$2; shift 2
  /usr/bin/time -f "$name %U %S %e %M" -o "$work/time" taskset -c "$cores" "$@" </dev/null >/dev/null 2>&1 || true
  tail -1 "$work/time" >>"$work/rows"
}
all=0-$(($(nproc) - 1))
for round in $(seq "$rounds"); do
  measure events 0 build/bench/test/bench/yaml_events "$work/tree"
  measure stateward 0 build/bench/stateward validate --no-settings --complete --fail-on never "$work/tree"
  [ "$all" = 0-0 ] || measure stateward-all "$all" build/bench/stateward validate --no-settings --complete --fail-on never "$work/tree"
  measure readable:stateward 0 build/bench/stateward validate --no-settings --complete --fail-on never "$work/readable"
  [ ! -x "$peers/kube-linter" ] || measure readable:kube-linter 0 "$peers/kube-linter" lint "$work/readable"
  [ ! -x "$peers/kube-score" ] || measure readable:kube-score 0 "$peers/kube-score" score "${files[@]}"
  [ ! -x "$peers/gator" ] || measure readable:gator 0 "$peers/gator" test -f "$work/readable" -f test/bench/gator
done
python3 - "$work/rows" "$bytes" "$objects" <<'PY'
import statistics, sys
rows, size, objects = {}, int(sys.argv[2]), int(sys.argv[3])
for line in open(sys.argv[1]):
    name, user, system, wall, memory = line.split()
    rows.setdefault(name, []).append((float(user) + float(system), float(wall), int(memory) / 1024))
def row(name, compared):
    cpu, wall, memory = (statistics.median(run[i] for run in rows[name]) for i in range(3))
    theirs = [statistics.median(run[i] for run in rows[compared]) for i in range(2)]
    print(f"{name.removeprefix('readable:'):14} {cpu:7.2f} {wall:7.2f} {memory:7.1f} {theirs[0] / cpu:11.2f} {theirs[1] / wall:11.2f}")

def head(compared):
    print(f"{'':14} {'CPU s':>7} {'wall s':>7} {'MiB':>7}   {compared}, CPU and wall, by its own")

print(f"{size / 1e6:.1f} MB, {objects} objects, median of {len(rows['events'])} interleaved rounds; one core, and all of them")
head("libyaml's events")
for name in rows:
    if not name.startswith("readable:"): row(name, "events")
head("those of stateward")
for name in rows:
    if name.startswith("readable:"): row(name, "readable:stateward")
PY
