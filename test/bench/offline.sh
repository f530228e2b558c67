#!/usr/bin/env bash
# Offline speed: `stateward validate` over twenty copies of a tree of manifests on one core and on all, beside libyaml's bare
# event loop and those of kube-linter, kube-score and gator (with one rule) that Go can build here, in interleaved rounds.
#   test/bench/offline.sh [MANIFESTS] [ROUNDS]     (default: ../shared/corpus, 5)
set -euo pipefail
cd "$(dirname "$0")/../.."
manifests=${1:-../shared/corpus} rounds=${2:-5}
[ -d "$manifests" ] || { echo "no manifests at $manifests: name a folder of them" >&2; exit 2; }
cmake --preset bench >/dev/null && cmake --build --preset bench >/dev/null
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
for i in $(seq -w 20); do cp -r "$manifests" "$work/copy-$i"; done
bytes=$(find "$work" -type f \( -name '*.yaml' -o -name '*.yml' -o -name '*.json' \) -printf '%s\n' | awk '{s+=$1} END {print s}')
build/bench/stateward validate --fail-on never -o json "$work" >"$work/report.json" 2>/dev/null || [ $? -eq 1 ]
objects=$(python3 -c 'import json,sys; s=json.load(open(sys.argv[1]))["summary"]; print(s["objects"] + s["ignored"])' "$work/report.json")
peers=${XDG_CACHE_HOME:-$HOME/.cache}/stateward/peers
mkdir -p "$peers"
for module in golang.stackrox.io/kube-linter/cmd/kube-linter github.com/zegl/kube-score/cmd/kube-score \
  github.com/open-policy-agent/gatekeeper/v3/cmd/gator; do
  [ -x "$peers/${module##*/}" ] || GOBIN=$peers go install "$module@latest" >"$work/log" 2>&1 ||
    echo "${module##*/} cannot be built here: $(tail -1 "$work/log")" >&2
done
mapfile -t files < <(find "$work" -type f -name '*.yaml' -path '*/copy-*')
measure() { # name cores command...: one row "name CPU-seconds seconds megabytes" into the table
  local name=$1 cores=$2; shift 2
  /usr/bin/time -f "$name %U %S %e %M" -o "$work/time" taskset -c "$cores" "$@" >/dev/null 2>&1 || true
  tail -1 "$work/time" >>"$work/rows"
}
all=0-$(($(nproc) - 1))
for round in $(seq "$rounds"); do
  measure events 0 build/bench/test/bench/yaml_events "$work"
  measure stateward 0 build/bench/stateward validate --no-settings --complete --fail-on never "$work"
  [ "$all" = 0-0 ] || measure stateward-all "$all" build/bench/stateward validate --no-settings --complete --fail-on never "$work"
  [ "$round" -le 2 ] || continue  # they are far enough away
  [ ! -x "$peers/kube-linter" ] || measure kube-linter "$all" "$peers/kube-linter" lint "$work"
  [ ! -x "$peers/kube-score" ] || measure kube-score "$all" "$peers/kube-score" score "${files[@]}"
  [ ! -x "$peers/gator" ] || measure gator "$all" "$peers/gator" test -f "$work/copy-01" -f test/bench/gator
done
python3 - "$work/rows" "$bytes" "$objects" <<'PY'
import statistics, sys
rows, size, objects = {}, int(sys.argv[2]), int(sys.argv[3])
for line in open(sys.argv[1]):
    name, user, system, wall, memory = line.split()
    rows.setdefault(name, []).append((float(user) + float(system), float(wall), int(memory) / 1024))
floor = statistics.median(cpu for cpu, _, _ in rows["events"])
one = statistics.median(wall for _, wall, _ in rows["stateward"])
print(f"{size / 1e6:.1f} MB, {objects} objects, median of {len(rows['events'])} interleaved rounds; gator: a twentieth of that")
print(f"{'':14} {'CPU s':>7} {'wall s':>7} {'MB/s CPU':>9} {'peak MiB':>9} {'events CPU / its':>17} {'one core wall / its':>20}")
for name, runs in rows.items():
    cpu = statistics.median(cpu for cpu, _, _ in runs)
    wall = statistics.median(wall for _, wall, _ in runs)
    share = size / (20 if name == "gator" else 1)
    print(f"{name:14} {cpu:7.2f} {wall:7.2f} {share / 1e6 / cpu:9.1f} {max(m for _, _, m in runs):9.1f} {floor / cpu:17.2f} {one / wall:20.2f}")
PY
