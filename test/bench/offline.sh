#!/usr/bin/env bash
# Offline speed: `stateward validate` over twenty copies of a tree of manifests, beside libyaml's bare event loop and,
# where it can be built, kube-linter, in interleaved rounds on one core.
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
measure() { # name command...: one row "name seconds megabytes" into the table
  local name=$1; shift
  /usr/bin/time -f "$name %U %S %M" -o "$work/time" taskset -c 0 "$@" >/dev/null 2>&1 || true
  tail -1 "$work/time" >>"$work/rows"
}
for _ in $(seq "$rounds"); do
  measure events build/bench/test/bench/yaml_events "$work"
  measure stateward build/bench/stateward validate --complete --fail-on never "$work"
  command -v kube-linter >/dev/null && measure kube-linter kube-linter lint "$work"
done
python3 - "$work/rows" "$bytes" "$objects" <<'PY'
import statistics, sys
rows, size, objects = {}, int(sys.argv[2]), int(sys.argv[3])
for line in open(sys.argv[1]):
    name, user, system, memory = line.split()
    rows.setdefault(name, []).append((float(user) + float(system), int(memory) / 1024))
floor = statistics.median(cpu for cpu, _ in rows["events"])
print(f"{size / 1e6:.1f} MB, {objects} objects, one core, median of {len(rows['events'])} interleaved rounds")
print(f"{'':12} {'CPU s':>7} {'MB/s':>7} {'objects/s':>10} {'peak MiB':>9} {'speed / events':>15}")
for name, runs in rows.items():
    cpu = statistics.median(cpu for cpu, _ in runs)
    print(f"{name:12} {cpu:7.2f} {size / 1e6 / cpu:7.1f} {objects / cpu:10.0f} {max(m for _, m in runs):9.1f} {floor / cpu:15.2f}")
PY
