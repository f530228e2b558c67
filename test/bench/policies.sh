#!/usr/bin/env bash
# What each policy costs: instructions (callgrind) of its check, with all that it calls, as a share of `stateward validate` over a
# tree of manifests. Needs valgrind. The policies that cost most come first.
#   test/bench/policies.sh [MANIFESTS]     (default: ../shared/corpus)
set -euo pipefail
cd "$(dirname "$0")/../.."
manifests=${1:-../shared/corpus}
[ -d "$manifests" ] || { echo "no manifests at $manifests: name a folder of them" >&2; exit 2; }
cmake --preset bench >/dev/null && cmake --build --preset bench >/dev/null
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
taskset -c 0 valgrind --tool=callgrind --callgrind-out-file="$work/profile" \
  build/bench/stateward validate --no-settings --complete --fail-on never "$manifests" >/dev/null 2>&1 || [ $? -eq 1 ]
callgrind_annotate --inclusive=yes --threshold=100 "$work/profile" >"$work/table"
python3 - "$work/table" <<'PY'
import re, sys
total, costs, whole = 0, {}, 0
for line in open(sys.argv[1]):
    cost = int(line.split("(")[0].replace(",", "").strip() or 0) if re.match(r"\s*[\d,]+ \(", line) else None
    if cost is None: continue
    if "PROGRAM TOTALS" in line: total = cost
    if "stateward::evaluate(" in line: whole = max(whole, cost)
    policy = re.search(r"policies/[a-z]+/([a-z-]+)\.cpp:.*::check\(", line)
    if policy: costs[policy[1]] = max(costs.get(policy[1], 0), cost)
print(f"{total:,} instructions; judging {whole:,} ({100 * whole / total:.2f} %), in {len(costs)} policies")
for policy, cost in sorted(costs.items(), key=lambda entry: -entry[1]):
    print(f"{cost:12,} {100 * cost / total:6.2f} % {policy}")
PY
